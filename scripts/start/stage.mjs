// What every part of the example needs: stages on the screen, commands of treadle, questions to the server.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { root } from '../setup/place.mjs';
import { run, seconds, SetupError } from '../setup/run.mjs';

export const example = join(root, 'examples', 'flights');
const treadle = join(root, 'bin', 'treadle');

/** A piece of the example with a title, what came of it, how long it took and where to see it. Returns `value` of what `work` returns. */
export async function stage(title, work) {
  const began = performance.now();
  process.stdout.write(`▸ ${title}`);
  try {
    const { value, note, links = [] } = await work();
    process.stdout.write(`: ${note}\n  ${[seconds(began), ...links].join('  ')}\n`);
    return value;
  } catch (error) {
    process.stdout.write(': failed\n');
    throw error;
  }
}

export async function treadleJson(args, env) {
  return JSON.parse(await run(treadle, args, { cwd: example, env }));
}

/** Runs a command with its own output on the screen: progress of a pipeline is worth seeing live. `ends`: the status that it is meant to end with. */
export function treadleShown(args, env, ends = 0) {
  return new Promise((resolve, reject) => {
    const child = spawn(treadle, args, { cwd: example, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) =>
      code === ends
        ? resolve()
        : reject(new SetupError(`\`treadle ${args.join(' ')}\` ended with status ${code}`)),
    );
  });
}

export async function ask(address) {
  const answer = await fetch(address);
  if (!answer.ok)
    throw new SetupError(`${address} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
  return answer.json();
}

/** Longest that anything is waited for, ms: a machine that does much else is slow, and one that hangs should say so. */
const PATIENCE = 20 * 60_000;

/** Waits until `probe` returns something. */
export async function until(what, probe) {
  for (const end = performance.now() + PATIENCE; performance.now() < end; await sleep(250)) {
    const found = await probe();
    if (found) return found;
  }
  throw new SetupError(`waited in vain: ${what}`);
}
