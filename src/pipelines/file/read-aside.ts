import { createAside, LATE, programFile } from '../../platform/aside/index.ts';
import type { Definition } from './definition.ts';
import type { Problem } from './problem.ts';
import type { ReadFile } from './read.ts';
import { createSource, type Source } from './source.ts';

/** What the thread answers: a file as it was read, but for functions, which stay where they are. */
export interface ReadAside {
  definition: Definition | undefined;
  problems: Problem[];
  places: Source['places'];
}

/** It keeps nothing between two files, so one for the process is as good as one handed in. */
const thread = createAside<string, ReadAside>({
  file: programFile('read-thread', import.meta.url),
  name: 'treadle-pipeline-file',
  deadline: 10_000,
});

/** `readPipelineFile` for the server: in a thread of its own, so that nobody's file keeps others waiting, and with a deadline. */
export async function readPipelineFileAside(text: string): Promise<ReadFile> {
  const read = await thread.ask(text);
  if (read === LATE) {
    const source = createSource(text, new Map());
    const message = 'the file takes more time or memory to read than a pipeline file may';
    return { definition: undefined, source, problems: [source.problem('error', '', 'key', message)] };
  }
  const { definition, problems, places } = read;
  return { definition, problems, source: createSource(text, places) };
}
