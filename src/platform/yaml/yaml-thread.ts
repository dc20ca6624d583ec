import { parentPort } from 'node:worker_threads';
import type { YamlLimits } from './nodes.ts';
import { readYaml } from './read-yaml.ts';

/** Reads one text a message. */
parentPort?.on('message', ({ text, limits }: { text: string; limits: YamlLimits }) => {
  parentPort?.postMessage(readYaml(text, limits));
});
