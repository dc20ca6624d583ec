import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../../platform/errors/index.ts';
import { threadGoesLast } from '../../../platform/processes/index.ts';
import { writeSegment, type SegmentOrder } from './segment-file.ts';

/**
 * The thread of write-aside.ts: Parquet is made and forced to disk here, in time that nobody else wants. Where there is none, the memory
 * for what waits fills up and predictions are let go: answers come first, on a single core, too.
 */

export interface Asked {
  id: number;
  order: SegmentOrder;
}

export type Told = { id: number; bytes: number } | { id: number; problem: string };

if (parentPort) threadGoesLast();

/** Longest rest at a time, ms. */
const LONGEST_REST = 20;
const never = new Int32Array(new SharedArrayBuffer(4));
let rested = 0;

/**
 * Sleeps as long as it has worked. The least priority alone does not keep it out of the way: on Linux whoever has begun a turn keeps it
 * for some milliseconds, and an answer that comes meanwhile on the same core waits for them.
 */
function rest(): void {
  Atomics.wait(never, 0, 0, Math.min(performance.now() - rested, LONGEST_REST));
  rested = performance.now();
}

parentPort?.on('message', ({ id, order }: Asked) => {
  let told: Told;
  rested = performance.now();
  try {
    told = { id, bytes: writeSegment(order, rest) };
  } catch (error) {
    told = { id, problem: messageOf(error) };
  }
  parentPort?.postMessage(told);
});
