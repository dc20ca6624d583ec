// A process tree that goes on without the server, and what the next server makes of it. In one piece, since each half only makes sense beside the other.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors/index.ts';
import { userOf, wrap, type Wrapped } from './isolation.ts';
import { bootId, HAS_PROC, killUser, markOf, oomKills, readStat } from './proc.ts';
import { killMarked, killSession } from './reap.ts';
import type { ResourceSample } from './sampler.ts';
import { judge, killGroup, notStarted, type Running, type StartOptions, type Surroundings } from './start.ts';
import { parseTimes } from './supervise.ts';

/** What holds for a tree whoever started it. */
export interface CareOptions extends Pick<StartOptions, 'timeout' | 'grace' | 'memory' | 'onSample'> {
  /** A folder of ours, out of the reach of what runs. In it lie its output, both streams in one, and how it ended. */
  control: string;
  mark: string;
}

export type OutlivingOptions = CareOptions & Pick<StartOptions, 'argv' | 'cwd' | 'env' | 'isolate'>;

export interface Outliving extends Running {
  /** When it began and ended by the files that say so, ms since 1970: the same for every server that asks. */
  began(): number;
  endedAt(): number;
  /** Resolves when also what had left the tree is gone. */
  readonly swept: Promise<void>;
}

/** Of a tree that an earlier server started. Lost: it never began, or nobody can say any more how it ended. */
export type Found = { pid: number; start: number } | 'ended' | 'lost';

export const outputOf = (control: string): string => path.join(control, 'output');
const file = (control: string, name: 'begun' | 'times' | 'exit' | 'asked'): string =>
  path.join(control, name);

/**
 * Parent of the command. It begins only where nobody has taken its place meanwhile: `begun` is made by one alone, this shell or the server that
 * finds nothing running. Fd 3 is `times`, fd 4 `exit`. No variable is set before the command, which would see it. At the end the whole
 * group goes, this shell with it: what the command left in the background ends without a server, too.
 */
const SCRIPT = `umask 077
echo 500 2>/dev/null >/proc/self/oom_score_adj
set -C
{ echo $$ >"$1"; } 2>/dev/null || exit 0
set +C
shift
trap : TERM INT HUP
"$@" 3<&- 4<&-
code=$?
times >&3 2>/dev/null
echo $code >&4
kill -KILL 0`;

/** Where a later server could not tell it from a stranger, it ends with its own: fd 5 is a socket to that. */
const TIED = SCRIPT.replace(
  'trap :',
  '{ read -r _; kill -KILL 0; } <&5 >/dev/null 2>&1 3<&- 4<&- &\ntrap :',
).replace('4<&-\ncode', '4<&- 5<&-\ncode');

/** Never throws: one that cannot be started ends with `not-started`. */
export function startOutliving(options: OutlivingOptions, around: Surroundings): Outliving {
  const { control, mark } = options;
  const PATH = process.env['PATH'] ?? '/usr/bin:/bin';
  let wrapped: Wrapped;
  try {
    const command = { argv: options.argv, cwd: options.cwd, env: { PATH, ...options.env } };
    wrapped = options.isolate
      ? wrap(around.isolation, options.isolate, command, mark)
      : { ...command, release: () => undefined };
  } catch (error) {
    return neverBegan(mark, messageOf(error), around);
  }
  // Appended to, so that what one process of the tree writes never lands on what another wrote.
  const output = openSync(outputOf(control), 'a', 0o600);
  const times = openSync(file(control, 'times'), 'w', 0o600);
  const exit = openSync(file(control, 'exit'), 'w', 0o600);
  const script = HAS_PROC ? SCRIPT : TIED;
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      wrapped.tells === true ? script.replace('"$@" 3<&-', '"$@"') : script,
      'treadle-process',
      file(control, 'begun'),
      ...wrapped.argv,
    ],
    {
      cwd: wrapped.cwd,
      env: { PATH, ...wrapped.env, TREADLE_PROCESS: mark },
      detached: true,
      stdio: ['ignore', output, output, times, exit, ...(HAS_PROC ? [] : ['pipe' as const])],
    },
  );
  for (const fd of [output, times, exit]) closeSync(fd);
  const pid = child.pid ?? 0;
  const exited = new Promise<Gone>((resolve) => {
    child.once('error', (failure) => {
      if (child.pid === undefined) resolve({ killedBy: null, failure });
    });
    child.once('exit', (_code, killedBy) => {
      killGroup(pid, 'SIGKILL'); // what a killed parent left
      resolve({ killedBy });
    });
  });
  return care(options, around, {
    pid,
    start: readStat(pid)?.start ?? 0,
    alive: () => child.exitCode === null && child.signalCode === null,
    exited,
    closed: options.isolate !== undefined && around.isolation.namespaces,
    release() {
      if (wrapped.user !== undefined && !around.isolation.namespaces) killUser(wrapped.user);
      wrapped.release();
    },
  });
}

/** Looks for a tree by its folder and mark. What had been told to stop by its server is ended here, and counts as lost. */
export async function findOutliving({
  control,
  mark,
}: Pick<CareOptions, 'control' | 'mark'>): Promise<Found> {
  if (!HAS_PROC) return 'lost';
  try {
    writeFileSync(file(control, 'begun'), '0', { flag: 'wx', mode: 0o600 });
    return 'lost'; // it had not begun, and from now on it cannot
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return 'lost';
  }
  let pid = 0;
  // Between making its file and writing its number a shell needs microseconds, if it lives.
  for (let tries = 0; pid === 0 && tries < 20; tries++) {
    if (tries > 0) await sleep(5);
    pid = Number(read(control, 'begun'));
  }
  const stat = pid > 1 ? readStat(pid) : undefined;
  const lives = stat !== undefined && stat.state !== 'Z' && markOf(pid) === mark;
  const asked = read(control, 'asked');
  if (asked === 'cancelled') {
    if (lives) killGroup(pid, 'SIGKILL');
    return 'lost';
  }
  if (lives) return { pid, start: stat.start };
  return read(control, 'exit') !== '' || asked !== '' ? 'ended' : 'lost';
}

/** Goes on with a tree that was found, as its first server would have. */
export function attend(found: Exclude<Found, 'lost'>, options: CareOptions, around: Surroundings): Outliving {
  const { users, namespaces, folder } = around.isolation;
  const { pid, start } =
    found === 'ended' ? { pid: Number(read(options.control, 'begun')), start: 0 } : found;
  const alive = (): boolean => {
    const stat = found === 'ended' ? undefined : readStat(pid);
    return stat !== undefined && stat.start === start && stat.state !== 'Z';
  };
  const exited = new Promise<Gone>((resolve) => {
    const look = (): void => {
      if (alive()) return;
      clearInterval(timer);
      killSession(pid);
      resolve({ killedBy: null });
    };
    const timer = setInterval(look, LOOK);
    look();
  });
  return care(options, around, {
    pid,
    start,
    alive,
    exited,
    closed: namespaces,
    release() {
      if (users !== undefined && !namespaces) killUser(userOf(options.mark, users));
      rmSync(path.join(folder, `${options.mark}.mounts`), { force: true });
    },
  });
}

/** How often one that is no child of ours is looked at, ms: a look reads one line of /proc. */
const LOOK = 100;

interface Gone {
  killedBy: NodeJS.Signals | null;
  failure?: Error;
}

interface Tree {
  pid: number;
  start: number;
  alive(): boolean;
  exited: Promise<Gone>;
  /** Nothing of it can leave it: what has processes of its own ends with the first of them. */
  closed: boolean;
  release(): void;
}

/** Limits, samples, stop and end of a tree, whoever started it. */
function care(options: CareOptions, around: Surroundings, tree: Tree): Outliving {
  const { control, mark, grace = 5000, memory, timeout, onSample } = options;
  const { pid, alive } = tree;
  const oomBefore = oomKills();
  let asked = toReason(read(control, 'asked'));
  let killer: NodeJS.Timeout | undefined;
  const finish = (): void => {
    if (alive()) killGroup(pid, 'SIGKILL');
  };
  if (asked !== undefined) finish(); // its grace was another server's
  const stop = (reason: 'cancelled' | 'timeout' | 'oom'): void => {
    if (asked !== undefined || !alive()) return;
    asked = reason;
    try {
      // Before the signal: whoever finds it ended shall know that we did that.
      writeFileSync(file(control, 'asked'), reason, { mode: 0o600 });
    } catch {
      // the disk is full, or the folder is gone: it is stopped all the same
    }
    killGroup(pid, reason === 'oom' ? 'SIGKILL' : 'SIGTERM');
    killer = setTimeout(finish, grace);
  };

  let peakRss = 0;
  let last: ResourceSample | undefined;
  let exceeded = 0;
  const unwatch = around.watch({
    session: pid,
    memoryLimit: memory,
    onSample(sample, peak) {
      peakRss = Math.max(peakRss, peak);
      last = sample;
      onSample?.(sample);
    },
    onMemoryExceeded(bytes) {
      exceeded = bytes;
      peakRss = Math.max(peakRss, bytes);
      stop('oom');
    },
  });
  const began = (): number => begunAt(control) ?? around.now();
  const endedAt = (): number =>
    (read(control, 'exit') === '' ? undefined : changedAt(control, 'exit')) ?? around.now();
  // The time limit counts from its own start, also when the server changed meanwhile.
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => stop('timeout'), Math.max(0, began() + timeout - around.now()));
  const swept = Promise.withResolvers<void>();
  const ended = tree.exited.then(({ killedBy, failure }) => {
    clearTimeout(timer);
    clearTimeout(killer);
    unwatch();
    tree.release();
    if (tree.closed) swept.resolve();
    else void around.sweep(mark).then(swept.resolve);
    const text = read(control, 'exit').trim();
    const code = text === '' ? null : Number(text);
    return {
      ...judge({
        code,
        killedBy: code === null && failure === undefined ? (killedBy ?? 'SIGKILL') : null,
        asked,
        failure,
        oomed: oomKills() > oomBefore,
        exceeded,
        options,
      }),
      wallMs: Math.max(0, endedAt() - began()),
      cpu: parseTimes(read(control, 'times')) ?? (last ? { userMs: last.cpuMs, systemMs: 0 } : undefined),
      peakRss,
      readBytes: last?.readBytes ?? 0,
      writtenBytes: last?.writtenBytes ?? 0,
    };
  });
  return {
    mark: { pid, start: tree.start, boot: bootId(), mark },
    stdin: undefined,
    stdout: undefined,
    ended,
    cpuMs: () => last?.cpuMs,
    stop,
    began,
    endedAt,
    swept: swept.promise,
  };
}

function neverBegan(mark: string, problem: string, { now }: Surroundings): Outliving {
  return { ...notStarted(mark, problem), began: now, endedAt: now, swept: Promise.resolve() };
}

/** When a tree began, as its own file says. */
export const begunAt = (control: string): number | undefined => changedAt(control, 'begun');

const toReason = (text: string): 'cancelled' | 'timeout' | 'oom' | undefined =>
  text === 'cancelled' || text === 'timeout' || text === 'oom' ? text : undefined;

function read(control: string, name: Parameters<typeof file>[1]): string {
  try {
    return readFileSync(file(control, name), 'utf8').trim();
  } catch {
    return ''; // it never came that far
  }
}

function changedAt(control: string, name: Parameters<typeof file>[1]): number | undefined {
  try {
    return Math.round(statSync(file(control, name)).mtimeMs);
  } catch {
    return undefined;
  }
}

/** Ends everything that carries these marks, until none is left: one may start another meanwhile. */
export function endMarked(marks: ReadonlySet<string>): void {
  for (let tries = 0; tries < 20 && killMarked(marks) > 0; tries++);
}
