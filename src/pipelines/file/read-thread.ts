import { parentPort } from 'node:worker_threads';
import { readPipelineFile } from './read.ts';
import type { ReadAside } from './read-aside.ts';

/** Reads one file a message: its syntax, its shape and its meaning all take time that its author decides. */
parentPort?.on('message', (text: string) => {
  const { definition, problems, source } = readPipelineFile(text);
  parentPort?.postMessage({ definition, problems, places: source.places } satisfies ReadAside);
});
