import { getExecution, listExecutions, type ExecutionDetail } from '../../../pipelines/contract.ts';
import { invalid, missing, type TreadleError } from '../../../platform/errors/index.ts';
import type { Client } from '../client.ts';

export interface Which {
  /** The pipeline file that names the pipeline where only a number is given. */
  file: string;
}

export const isId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);

/** An execution by id, `pipeline#number`, or a number of the pipeline in the file here; the latest of that one unless said. */
export async function find(
  client: Client,
  which: string | undefined,
  { file }: Which,
): Promise<ExecutionDetail> {
  if (which !== undefined && isId(which)) return client.call(getExecution, { params: { execution: which } });
  const [, named, number] = /^(?:([^#]+)#)?(\d+)$/.exec(which ?? '') ?? [];
  if (which !== undefined && number === undefined)
    throw invalid(`'${which}' is no execution`, {
      field: 'execution',
      hint: 'name it by its number, as pipeline#number, or by its id; treadle executions lists them',
    });
  const pipeline = named ?? (await pipelineHere(file));
  const { items } = await client.call(listExecutions, {
    query: {
      limit: 1,
      ...(pipeline === undefined ? {} : { pipeline }),
      ...(number === undefined ? {} : { number: Number(number) }),
    },
  });
  const [found] = items;
  if (!found) throw await nothing(client, pipeline, number);
  return client.call(getExecution, { params: { execution: found.id } });
}

/** Says what there is instead. */
async function nothing(
  client: Client,
  pipeline: string | undefined,
  number: string | undefined,
): Promise<TreadleError> {
  const field = 'execution';
  if (pipeline === undefined)
    return missing('there is no execution yet', { field, hint: 'treadle run starts one' });
  const { items } = await client.call(listExecutions, { query: { limit: 1, pipeline } });
  const [newest] = items;
  if (!newest)
    return missing(`pipeline '${pipeline}' has no execution yet`, { field, hint: 'treadle run starts one' });
  return missing(`pipeline '${pipeline}' has no execution ${number}`, {
    field,
    hint: `its newest one is ${newest.number}; treadle executions ${pipeline} lists them`,
  });
}

async function pipelineHere(name: string): Promise<string | undefined> {
  const { existsSync } = await import('node:fs');
  if (!existsSync(name)) return undefined;
  const { readFileOf } = await import('./project.ts');
  const { readPipelineFile } = await import('../../../pipelines/index.ts');
  return readPipelineFile(readFileOf(name).file).definition?.name;
}

/** The run that is to be repeated: by its own id, or by the execution that it is the whole of. */
export async function runOf(client: Client, text: string): Promise<string> {
  if (!/^(?:[^#]+#)?\d{1,9}$/.test(text)) return text;
  const { run_id, pipeline, number } = await find(client, text, { file: 'treadle.yaml' });
  if (run_id !== undefined) return run_id;
  throw invalid(`${pipeline} #${number} ran no step, so there is no run to repeat`, {
    field: 'run',
    hint: 'name the execution whose results it took from the cache: treadle why STEP says which',
  });
}
