import { spawnSync } from 'node:child_process';
import { openSync, readlinkSync, readSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** One part in ten of a processor that others want, too: it waits, and still comes to its end on a machine that is never idle. */
const ASIDE = 10;

/** `nice` puts a program behind others of its session; Linux also weighs sessions against each other. */
export const behind = (argv: readonly string[]): string[] => ['nice', '-n', String(ASIDE), ...argv];

export function setSessionAside(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(ASIDE));
  } catch {
    // it ended, or the system does not weigh them
  }
}

/** Lets this process answer before others work, about three to one, where it has the right to; elsewhere all are equal. */
export function goFirst(): void {
  try {
    setPriority(-5);
    writeFileSync('/proc/self/autogroup', '-5');
  } catch {
    // not allowed to: it waits its turn like everybody
  }
}

/** The least share of a processor that others want: what waits for idle time. */
const LAST = 19;

/** Puts this thread alone behind all others, its own process's, too. On Linux each thread has a priority; elsewhere all are equal. */
function threadGoesLast(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (Number.isInteger(thread) && thread > 0) setPriority(thread, LAST);
  } catch {
    // another system: it takes turns like everybody
  }
}

/**
 * Lets this thread run only where a core has nothing else to do; whether that could be arranged. There is no way back without special
 * rights.
 */
function threadIsIdle(): boolean {
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1)!;
    return (
      spawnSync('chrt', ['--idle', '--pid', '0', thread], { stdio: 'ignore', timeout: 5000 }).status === 0
    );
  } catch {
    return false; // another system
  }
}

/** Longest that work goes on without looking whether the main thread waits for its core, ms. */
const UNSEEN = 0.2;
/** How long it sleeps where that is so, ms. */
const SLEEP = 1;

/**
 * To be called often in long work of a thread: sleeps while the main thread of this process waits for the core that this one is on. An idle
 * thread loses its core to a main thread that wakes, and gets it back at the next tick of the clock, and then for a whole tick or two, because the
 * main one has had more than it: whoever asks that one waits for milliseconds. Undefined where the system does not tell.
 */
function giveWay(): (() => void) | undefined {
  let own: number;
  let main: number;
  try {
    own = openSync('/proc/thread-self/stat', 'r');
    main = openSync(`/proc/self/task/${process.pid}/stat`, 'r');
  } catch {
    return undefined;
  }
  const never = new Int32Array(new SharedArrayBuffer(4));
  const buffer = Buffer.alloc(1024);
  let looked = performance.now();
  return () => {
    if (performance.now() - looked < UNSEEN) return;
    for (;;) {
      const other = stateIn(main, buffer);
      if (other.state !== 'R' || other.core !== stateIn(own, buffer).core) break;
      Atomics.wait(never, 0, 0, SLEEP);
    }
    looked = performance.now();
  };
}

/** proc_pid_stat(5): the state is the first field behind the name, the core that it last ran on the 37th. */
function stateIn(stat: number, buffer: Buffer): { state: string | undefined; core: string | undefined } {
  const text = buffer.toString('latin1', 0, readSync(stat, buffer, 0, buffer.length, 0));
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], core: fields[36] };
}

/** Longest rest at a time, ms. */
const LONGEST_REST = 20;

export interface GivingWay {
  /** Work begins that was waited for. */
  begin(): void;
  /** To be called often in long work, a fraction of a millisecond apart: gives way to others. */
  pause(): void;
}

/**
 * Puts this thread out of others' way. `idle`: it may wait for time that nobody wants at all, however long that takes. Where the system knows
 * no such time, or somebody waits for the work, it goes last, and sleeps as long as it has worked: the least priority alone does not keep a thread out of
 * the way.
 */
export function threadGivesWay({ idle }: { idle: boolean }): GivingWay {
  const isIdle = idle && threadIsIdle();
  if (!isIdle) threadGoesLast();
  const never = new Int32Array(new SharedArrayBuffer(4));
  let rested = performance.now();
  const rest = (): void => {
    Atomics.wait(never, 0, 0, Math.min(performance.now() - rested, LONGEST_REST));
    rested = performance.now();
  };
  return { begin: () => void (rested = performance.now()), pause: (isIdle ? giveWay() : undefined) ?? rest };
}
