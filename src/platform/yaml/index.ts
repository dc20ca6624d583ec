import { createAside, LATE, programFile } from '../aside/index.ts';
import type { YamlLimits, YamlRead } from './nodes.ts';

export {
  plainValue,
  valueOf,
  type YamlFault,
  type YamlLimits,
  type YamlNode,
  type YamlRead,
  type YamlScalar,
} from './nodes.ts';
export { coreValue, readYaml } from './read-yaml.ts';

const DEADLINE = 10_000;
/** It keeps nothing between two texts, so one for the process is as good as one handed in. */
const thread = createAside<{ text: string; limits: YamlLimits }, YamlRead>({
  file: programFile('yaml-thread', import.meta.url),
  name: 'treadle-yaml',
  deadline: DEADLINE,
});

/** `readYaml` in a thread of its own: the loop goes on meanwhile, and a text that takes too long is a fault like any other. */
export async function readYamlAside(text: string, limits: YamlLimits): Promise<YamlRead> {
  const read = await thread.ask({ text, limits });
  return read === LATE
    ? { fault: { message: 'it takes more time or memory to read than a file may', at: 0 } }
    : read;
}
