import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../platform/errors/index.ts';
import { threadGivesWay } from '../../platform/processes/index.ts';
import { mergeFiles, type MergeResult } from './merge.ts';

/** A thread of merge-aside.ts: nobody waits for it, so it takes the time that nobody wants. */

export interface Asked {
  folder: string;
  files: string[];
}

export type Told = { result: MergeResult } | { problem: string };

const aside = threadGivesWay({ idle: true });

parentPort?.on('message', ({ folder, files }: Asked) => {
  aside.begin();
  mergeFiles({ folder, files }, aside.pause).then(
    (result) => parentPort?.postMessage({ result } satisfies Told),
    (error: unknown) => parentPort?.postMessage({ problem: messageOf(error) } satisfies Told),
  );
});
