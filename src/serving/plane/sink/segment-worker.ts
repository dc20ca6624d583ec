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
parentPort?.on('message', ({ id, order }: Asked) => {
  let told: Told;
  try {
    told = { id, bytes: writeSegment(order) };
  } catch (error) {
    told = { id, problem: messageOf(error) };
  }
  parentPort?.postMessage(told);
});
