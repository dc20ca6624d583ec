import { Worker } from 'node:worker_threads';
import { programFile } from '../../platform/aside/index.ts';
import type { MergeResult } from './merge.ts';
import type { Asked, Told } from './merge-worker.ts';

/** Heap of the thread, MiB: a row group as values of JavaScript. One that needs more ends, and its files stay as they are. */
const HEAP = 512;
const FILE = programFile('merge-worker', import.meta.url);

export interface MergeAside {
  /** One at a time. Rejects where the thread ended over it, or was closed. */
  merge(asked: Asked): Promise<MergeResult>;
  /** Ends the thread; the next merge starts one. */
  close(): void;
}

/** Merges files in a thread, in time that nobody else wants. */
export function mergeAside(): MergeAside {
  let worker: Worker | undefined;
  let waiting: PromiseWithResolvers<MergeResult> | undefined;

  const start = (): Worker => {
    const own = new Worker(FILE, {
      name: 'treadle-merge',
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: HEAP },
    });
    const lose = (error: unknown): void => {
      if (worker !== own) return;
      worker = undefined;
      waiting?.reject(error);
    };
    own.on('message', (told: Told) =>
      'result' in told ? waiting?.resolve(told.result) : waiting?.reject(new Error(told.problem)),
    );
    own.on('error', lose);
    own.on('exit', () => lose(new Error('the thread that merges files ended')));
    own.unref();
    return own;
  };
  return {
    merge(asked) {
      worker ??= start();
      waiting = Promise.withResolvers();
      worker.postMessage(asked);
      return waiting.promise;
    },
    close() {
      const own = worker;
      worker = undefined;
      void own?.terminate();
      waiting?.reject(new Error('the thread that merges files was ended'));
      waiting = undefined;
    },
  };
}
