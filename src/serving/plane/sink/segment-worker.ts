import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../platform/errors/index.ts';
import { threadGivesWay } from '../../../platform/processes/index.ts';
import { convert, type Segment } from './convert.ts';

/** A thread of convert-aside.ts: segments are made and forced to disk here, in time that nobody else wants. */

export interface Asked {
  id: number;
  journal: string;
}

export type Told = { id: number; segment: Segment | undefined } | { id: number; problem: string };

/** Whoever is waited for needs his share also of a core that is never idle. */
const aside = threadGivesWay({ idle: (workerData as { calm: boolean } | null)?.calm === true });

parentPort?.on('message', ({ id, journal }: Asked) => {
  let told: Told;
  aside.begin();
  try {
    told = { id, segment: convert(journal, aside.pause) };
  } catch (error) {
    told = { id, problem: messageOf(error) };
  }
  parentPort?.postMessage(told);
});
