import { Worker } from 'node:worker_threads';
import { programFile } from '../../../platform/aside/index.ts';
import { limited, tooLarge, TreadleError } from '../../../platform/errors/index.ts';
import type { Cell } from '../../../runtimes/index.ts';
import type { Asked, Jobs, Next, Results, Told } from './read-worker.ts';

/** Longest that reading one body may take, ms, and the heap that it may fill, MiB. */
const LONGEST = 20_000;
const HEAP = 1024;
/** Bytes of bodies that may wait for it. */
const MOST_WAITING = 256 * 1024 * 1024;

const FILE = programFile('read-worker', import.meta.url);

interface Waiting {
  asked: Asked;
  /** What was read, while its texts are still coming. */
  read?: { result: Results[keyof Results]; pieces: number };
  done(error: Error | undefined, result?: Results[keyof Results]): void;
}

/** Has a body read by the face's own reader in another thread; `done` hears what it read, or what is wrong with it. */
export type Aside = <Face extends keyof Jobs>(
  face: Face,
  job: Jobs[Face],
  body: Buffer,
  done: (error: Error | undefined, result?: Results[Face]) => void,
) => void;

/** Reads bodies in a thread, one after the other. A thread that dies over one fails that one alone. */
export function createAside(): Aside {
  const queue: Waiting[] = [];
  let worker: Worker | undefined;
  let running: Waiting | undefined;
  let late: NodeJS.Timeout | undefined;

  const settle = (error: Error | undefined, result?: Results[keyof Results]): void => {
    const { done } = running ?? {};
    running = undefined;
    clearTimeout(late);
    if (queue.length === 0) worker?.unref();
    done?.(error, result);
    next();
  };
  const lose = (own: Worker, error: Error): void => {
    if (worker !== own) return;
    worker = undefined;
    void own.terminate();
    settle(error);
  };
  const start = (): Worker => {
    const own = new Worker(FILE, {
      name: 'treadle-read',
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: HEAP },
    });
    const more = (): void => own.postMessage('next' satisfies Next);
    own.on('message', (told: Told) => {
      if ('result' in told) {
        if (told.pieces === 0 || !running) return settle(undefined, told.result);
        running.read = told;
        return more();
      }
      if ('piece' in told) {
        const { read } = running ?? {};
        if (!read) return;
        for (const { of, cells } of told.piece) {
          // The reader left this list empty, to be filled here.
          const data = read.result.inputs?.[of]?.data as Cell[];
          for (const cell of cells) data.push(cell);
        }
        return --read.pieces === 0 ? settle(undefined, read.result) : more();
      }
      if ('fault' in told) return settle(new Error(told.fault));
      const { kind, message, ...rest } = told;
      settle(new TreadleError(kind, message, rest));
    });
    const hint = 'send fewer rows in one request';
    own.on('error', () =>
      lose(own, tooLarge('reading the body took more memory than a request may', { field: 'body', hint })),
    );
    return own;
  };
  const next = (): void => {
    if (running) return;
    running = queue.shift();
    if (!running) return;
    const own = (worker ??= start());
    own.ref();
    late = setTimeout(
      () => lose(own, tooLarge(`reading the body took longer than ${LONGEST / 1000} s`, { field: 'body' })),
      LONGEST,
    );
    own.postMessage(running.asked, [running.asked.body.buffer]);
  };
  return (face, job, body, done) => {
    const held = queue.reduce((sum, { asked }) => sum + asked.body.length, body.length);
    if (held > MOST_WAITING && queue.length > 0)
      return done(limited('large bodies wait to be read already', { hint: 'ask again in a second' }));
    // A copy of its own, for the body may be a piece of something that others read.
    // The thread answers with what the reader of that face gives.
    queue.push({ asked: { face, job, body: new Uint8Array(body) }, done: done as Waiting['done'] });
    next();
  };
}
