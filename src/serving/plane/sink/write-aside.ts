import { Worker } from 'node:worker_threads';
import { programFile } from '../../../platform/aside/index.ts';
import { messageOf } from '../../../platform/errors/index.ts';
import { memoryOf } from './block.ts';
import type { SegmentOrder } from './segment-file.ts';
import type { Asked, Told } from './segment-worker.ts';

/**
 * Heap of the thread, MiB: a segment's values as JavaScript's own, where they are lists or text. A segment that needs more ends the
 * thread and is counted as lost; without the limit it would
 * grow beside the plane until the machine ends one of the two.
 */
const HEAP = 512;
const FILE = programFile('segment-worker', import.meta.url);

/** `done` hears the bytes on disk, or what was wrong. */
export type Write = (order: SegmentOrder, done: (problem: string | undefined, bytes: number) => void) => void;

/** Writes segments in a thread, one after the other. A thread that ends over them takes only those with it. */
export function writeAside(): { write: Write; idle(): Promise<void>; close(): void } {
  let worker: Worker | undefined;
  let next = 1;
  let waiting = new Map<number, Parameters<Write>[1]>();
  let whenIdle: Array<() => void> = [];

  const settled = (): void => {
    if (waiting.size > 0) return;
    // An idle thread keeps no process alive; one with orders does, until they are on disk.
    worker?.unref();
    const all = whenIdle;
    whenIdle = [];
    for (const resolve of all) resolve();
  };
  const lose = (own: Worker, problem: string): void => {
    // `exit` follows `error`, and by then the next thread may have orders of its own.
    if (worker !== own) return;
    worker = undefined;
    const lost = waiting;
    waiting = new Map();
    for (const done of lost.values()) done(problem, 0);
    settled();
  };
  const start = (): Worker => {
    const own = new Worker(FILE, {
      name: 'treadle-segments',
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: HEAP },
    });
    own.on('message', (told: Told) => {
      const done = waiting.get(told.id);
      waiting.delete(told.id);
      if ('problem' in told) done?.(told.problem, 0);
      else done?.(undefined, told.bytes);
      settled();
    });
    own.on('error', (error) => lose(own, messageOf(error)));
    own.on('exit', () => lose(own, 'the thread that writes segments ended'));
    return own;
  };
  return {
    write(order, done) {
      const own = (worker ??= start());
      const asked: Asked = { id: next++, order };
      waiting.set(asked.id, done);
      own.ref();
      own.postMessage(asked, memoryOf(order.blocks));
    },
    idle: () => (waiting.size === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
    close() {
      void worker?.terminate();
      worker = undefined;
    },
  };
}
