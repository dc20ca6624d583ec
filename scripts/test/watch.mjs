// Watches the processes of a test run. A file that neither ends nor lets itself be ended must not hang the whole run, and what it leaves
// running must not go on beside the others: the first is killed with all its children, the second is named and killed. On Linux only.
import { readFileSync, readdirSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from '../setup/place.mjs';
import { MARK } from './mark.mjs';

/** Between two looks, ms. */
const EVERY = 5000;
/** A child may outlive its file's process by a moment: its socket or pipe tells it to end. */
const GRACE = 10_000;

/**
 * @param limit after which a file is killed, ms: longer than the runner's own, which asks it to end.
 * @param whole after which the run as a whole is given up, ms.
 * @param say takes a line.
 * @param giveUp is called when `whole` is over.
 * @returns stops the watch, and ends what is still there.
 */
export function watchRun({ limit, whole, say, giveUp }) {
  const began = performance.now();
  /** When each process of a file was first seen, and the last minute that was told of it, by number and beginning. */
  const seen = new Map();
  const orphans = new Map();
  const look = () => {
    const all = processes();
    const now = performance.now();
    for (const child of all.filter(({ parent }) => parent === process.pid)) {
      const { since, told } = seen.get(child.key) ?? { since: now, told: 0 };
      const minutes = Math.floor((now - since) / 60_000);
      if (minutes >= 3 && minutes > told) say(`… ${child.file} has run for ${minutes} minutes`);
      seen.set(child.key, { since, told: minutes });
      if (now - since < limit) continue;
      say(`✖ ${child.file} did not end, and is killed with all that it started`);
      kill([child, ...below(child.pid, all)]);
    }
    for (const orphan of leftBehind(all)) {
      const since = orphans.get(orphan.key) ?? now;
      orphans.set(orphan.key, since);
      if (now - since < GRACE) continue;
      say(`! left running by a test file that has ended, and killed: ${orphan.command}`);
      kill([orphan]);
    }
    if (now - began > whole) giveUp();
  };
  const timer = setInterval(look, EVERY);
  timer.unref();
  return () => {
    clearInterval(timer);
    const all = processes();
    kill([...below(process.pid, all), ...leftBehind(all)]);
  };
}

/** Those whose file's process is gone; only of this run, another one on this machine has files of its own. */
function leftBehind(all) {
  const here = new Set(all.map(({ pid }) => String(pid)));
  return all.filter(({ mark }) => {
    const [run, file] = mark?.split(':') ?? [];
    return run === String(process.pid) && !here.has(file);
  });
}

function below(pid, all) {
  const children = all.filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...below(child.pid, all)]);
}

function kill(list) {
  for (const { pid } of list) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

function processes() {
  let names;
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      // Fields are counted from behind the name, which may hold anything: state, parent, and the 20th when it began.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const [state, parent] = fields;
      if (state === 'Z') return [];
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      const file = words.find((word) => /\.test\.tsx?$/.test(word));
      return [
        {
          pid: Number(name),
          // A run has more processes than a system has numbers for them: they come again.
          key: `${name} ${fields[19]}`,
          parent: Number(parent),
          mark: markOf(name),
          command: words.join(' ').trim().slice(0, 200),
          file: file ? relative(root, file) : words[0],
        },
      ];
    } catch {
      return []; // ended since
    }
  });
}

function markOf(name) {
  const start = `${MARK}=`;
  const found = readFileSync(`/proc/${name}/environ`, 'utf8')
    .split('\0')
    .find((line) => line.startsWith(start));
  return found?.slice(start.length);
}
