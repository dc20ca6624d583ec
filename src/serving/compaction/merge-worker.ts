import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../platform/errors/index.ts';
import { giveWay, threadGoesLast, threadIsIdle } from '../../platform/processes/index.ts';
import { mergeFiles, type MergeResult } from './merge.ts';

/** A thread of merge-aside.ts: nobody waits for it, so it takes the time that nobody wants. */

export interface Asked {
  folder: string;
  files: string[];
}

export type Told = { result: MergeResult } | { problem: string };

/** Longest rest at a time, ms. */
const LONGEST_REST = 20;
const never = new Int32Array(new SharedArrayBuffer(4));
let rested = 0;

/** Sleeps as long as it has worked, where the system knows no priority below all others. */
function rest(): void {
  Atomics.wait(never, 0, 0, Math.min(performance.now() - rested, LONGEST_REST));
  rested = performance.now();
}

const idle = threadIsIdle();
if (!idle) threadGoesLast();
const pause = (idle ? giveWay() : undefined) ?? rest;

parentPort?.on('message', ({ folder, files }: Asked) => {
  rested = performance.now();
  mergeFiles({ folder, files }, pause).then(
    (result) => parentPort?.postMessage({ result } satisfies Told),
    (error: unknown) => parentPort?.postMessage({ problem: messageOf(error) } satisfies Told),
  );
});
