import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../platform/errors/index.ts';
import { giveWay, threadGoesLast, threadIsIdle } from '../../../platform/processes/index.ts';
import { convert, type Segment } from './convert.ts';

/** A thread of convert-aside.ts: segments are made and forced to disk here, in time that nobody else wants. */

export interface Asked {
  id: number;
  journal: string;
}

export type Told = { id: number; segment: Segment | undefined } | { id: number; problem: string };

/** Longest rest at a time, ms. */
const LONGEST_REST = 20;
const never = new Int32Array(new SharedArrayBuffer(4));
let rested = 0;

/** Sleeps as long as it has worked: the least priority alone does not keep a thread out of the way. */
function rest(): void {
  Atomics.wait(never, 0, 0, Math.min(performance.now() - rested, LONGEST_REST));
  rested = performance.now();
}

/** Whoever is waited for needs his share also of a core that is never idle. */
const idle = (workerData as { calm: boolean } | null)?.calm === true && threadIsIdle();
if (!idle) threadGoesLast();
const pause = (idle ? giveWay() : undefined) ?? rest;

parentPort?.on('message', ({ id, journal }: Asked) => {
  let told: Told;
  rested = performance.now();
  try {
    told = { id, segment: convert(journal, pause) };
  } catch (error) {
    told = { id, problem: messageOf(error) };
  }
  parentPort?.postMessage(told);
});
