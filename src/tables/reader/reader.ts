import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  limitTime,
  lineReader,
  ownCode,
  type Ended,
  type Processes,
} from '../../platform/processes/index.ts';
import type { Asked, Fault, Outcome, Told } from '../question.ts';

/** One process that reads tables: a crash, a flood or a break-in there is not one here. */
export interface Reader {
  /** Its folder for files: the server writes, it reads. */
  readonly files: string;
  /** Its folder for what does not fit into memory. */
  readonly spill: string;
  /** Questions that it has answered. */
  readonly answered: number;
  /** Bytes of the process after its last answer. */
  readonly resident: number;
  readonly alive: boolean;
  readonly ended: Promise<Ended>;
  ask(asked: Asked, limits: Limits): Promise<Outcome<unknown> | Stopped>;
  stop(): void;
}

export interface Limits {
  /** Milliseconds. */
  timeout: number;
  /** No person waits: time is that of the processor, for each thread, and ten times as much by the clock. */
  patient: boolean;
  signal: AbortSignal | undefined;
  hear: ((text: string) => Promise<void> | void) | undefined;
}

export interface ReaderOptions {
  program: string;
  /** A new folder of its own. */
  folder: string;
  /** Bytes that the process may hold; DuckDB's own limit, well below, comes first. */
  resident: number;
  /** Behind those that somebody waits for. */
  aside: boolean;
}

/** The longest line: what a question shows or says is bounded in rows and bytes by itself, well below. */
const ANSWER = 64 * 1024 * 1024;

/** It ended before it had answered, with its last words. */
export interface Stopped {
  stopped: Ended;
  complaint: string;
}

export async function startReader(
  processes: Processes,
  { program, folder, resident, aside }: ReaderOptions,
): Promise<Reader> {
  const [files, spill] = [path.join(folder, 'files'), path.join(folder, 'spill')];
  for (const made of [files, spill]) await mkdir(made, { mode: 0o700 });
  let answered = 0;
  let held = 0;
  let alive = true;
  let size = 0;
  let complaint = '';
  let hear: Limits['hear'];
  let settle: ((said: Outcome<unknown> | Stopped) => void) | undefined;
  let cut: Fault | undefined;

  const lines = lineReader((line) => {
    const told = JSON.parse(line) as Told; // written by our own code
    if ('say' in told) {
      size = 0;
      const heard = hear?.(told.say);
      if (heard) hold(heard);
      return;
    }
    const { resident: now, ...outcome } = told;
    held = now;
    answered++;
    settle?.(outcome);
  });
  // Its pipe fills, and it waits: whoever hears it holds a few lines, however much it has to say.
  const hold = (heard: Promise<void>): void => {
    child.stdout?.pause();
    const goOn = (): void => void child.stdout?.resume();
    void heard.then(goOn, () => {
      child.stop('cancelled');
      goOn();
    });
  };
  const child = processes.start({
    // What a question left is freed before the next one: that takes a word to the engine.
    argv: [process.execPath, '--expose-gc', program],
    cwd: files,
    env: {}, // nothing of the server's own: no token, no address
    isolate: { read: ownCode(), given: [files], write: [spill], network: false },
    grace: 200,
    memory: resident,
    aside,
    stdin: 'pipe',
    onOutput(chunk, stream) {
      if (stream === 'stderr') {
        complaint = (complaint + chunk.toString()).slice(-2000);
        return;
      }
      size += chunk.length;
      if (size <= ANSWER) return lines(chunk);
      cut ??= { code: 'memory', message: `the answer is larger than ${ANSWER / 1024 / 1024} MiB` };
      child.stop('oom');
    },
  });
  const ended = child.ended.then((end) => {
    alive = false;
    if (cut) settle?.({ fault: cut });
    else if (end.reason === 'oom') settle?.({ fault: { code: 'memory', message: end.message } });
    else settle?.({ stopped: end, complaint });
    return end;
  });
  return {
    files,
    spill,
    get answered() {
      return answered;
    },
    get resident() {
      return held;
    },
    get alive() {
      return alive;
    },
    ended,
    async ask(asked, limits) {
      if (!alive) return { stopped: await ended, complaint };
      const { timeout, patient, signal } = limits;
      const late = (limit: string): void => {
        cut ??= { code: 'timeout', message: `reading the tables took longer than ${limit}` };
        child.stop('timeout');
      };
      const { cpuMs } = child;
      const timer = patient ? undefined : setTimeout(() => late(`${timeout / 1000} s`), timeout);
      const unlimit = patient
        ? limitTime({ ms: timeout * asked.threads, clock: timeout * 10, used: cpuMs }, late)
        : undefined;
      const abort = (): void => child.stop('cancelled');
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
      size = 0;
      hear = limits.hear;
      try {
        return await new Promise<Outcome<unknown> | Stopped>((resolve) => {
          settle = resolve;
          child.stdin?.write(`${JSON.stringify(asked)}\n`);
        });
      } finally {
        clearTimeout(timer);
        unlimit?.();
        signal?.removeEventListener('abort', abort);
        settle = undefined;
        hear = undefined;
      }
    },
    stop: () => child.stop('cancelled'),
  };
}
