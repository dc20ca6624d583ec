import { Worker } from 'node:worker_threads';
import { limited, tooLarge, TreadleError } from '../../../platform/errors/index.ts';
import type { Question, Task } from './question.ts';
import type { Asked, Told } from './read-worker.ts';

/** From this size on reading a body holds the loop for longer than handing it to another thread, which answers nobody else. */
const LARGE = 256 * 1024;
/** Longest that reading one body may take, ms, and the heap that it may fill, MiB. */
const LONGEST = 20_000;
const HEAP = 1024;
/** Bytes of bodies that may wait for it. */
const MOST_WAITING = 256 * 1024 * 1024;

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const FILE = new URL(`./read-worker.${EXTENSION}`, import.meta.url);

interface Waiting {
  asked: Asked;
  done(error: Error | undefined, question?: Question): void;
}

/** Parquet always: how much it holds is not told by its size. */
export const isLarge = ({ media, body }: Pick<Task, 'media' | 'body'>): boolean =>
  media === 'parquet' || body.length > LARGE;

/** Reads bodies in a thread, one after the other. A thread that dies over one fails that one alone. */
export function createAside(): (task: Task, done: Waiting['done']) => void {
  const queue: Waiting[] = [];
  let worker: Worker | undefined;
  let running: Waiting | undefined;
  let late: NodeJS.Timeout | undefined;

  const settle = (error: Error | undefined, question?: Question): void => {
    const { done } = running ?? {};
    running = undefined;
    clearTimeout(late);
    if (queue.length === 0) worker?.unref();
    done?.(error, question);
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
    own.on('message', (told: Told) => {
      if ('question' in told) return settle(undefined, told.question);
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
  return ({ body, ...task }, done) => {
    const held = queue.reduce((sum, { asked }) => sum + asked.body.length, body.length);
    if (held > MOST_WAITING && queue.length > 0)
      return done(limited('large bodies wait to be read already', { hint: 'ask again in a second' }));
    // A copy of its own, for the body may be a piece of something that others read.
    queue.push({ asked: { ...task, body: Uint8Array.from(body) }, done });
    next();
  };
}
