import { invalid } from '../../../platform/errors/index.ts';
import type { Body, ModelSpec, Tensor } from '../../../runtimes/index.ts';
import { nestedDeeper } from '../shared/json.ts';
import { assemble } from './assemble.ts';
import type { Mode } from './cast.ts';
import { fromCsv } from './csv.ts';
import { fromForms, parseBody } from './decode.ts';
import type { Given } from './frame.ts';
import { readParams } from './params.ts';
import { checkParquet, fromParquet } from './parquet.ts';

/** A body to read, and what the model takes. */
export interface Task {
  media: Body['media'];
  body: Buffer;
  spec: Pick<ModelSpec, 'inputs' | 'params'>;
  mode: Mode;
}

export interface Question {
  /** Undefined: the model takes any data, so the body goes on as it came. */
  inputs: Tensor[] | undefined;
  params: Record<string, unknown> | undefined;
  /** It was sent as a table, or the model takes one. */
  asFrame: boolean;
  /** An object of a model for language, answered without `predictions` around it. */
  unwrapped: boolean;
}

const UNWRAPPED = ['messages', 'prompt', 'input'];

export function readJson({ body, spec, mode }: Task): Question {
  const parsed = parseBody(body, spec);
  if (spec.inputs.length > 0) {
    const { given, params } = fromForms(parsed);
    return ofGiven(given, spec, mode, params);
  }
  const unwrapped = UNWRAPPED.some((key) => Object.hasOwn(parsed, key));
  if (!unwrapped) fromForms(parsed); // says what is wrong with the form before a host is asked
  if (nestedDeeper(parsed)) throw invalid('the body is nested deeper than 100 levels', { field: 'body' });
  return anyData(readParams(parsed['params'], spec.params), unwrapped);
}

export async function readAny(task: Task): Promise<Question> {
  const { media, body, spec, mode } = task;
  if (media === 'json') return readJson(task);
  if (spec.inputs.length === 0) {
    if (media === 'parquet') checkParquet(body);
    return anyData(readParams(undefined, spec.params), false);
  }
  const frame = media === 'csv' ? fromCsv(body, spec.inputs) : await fromParquet(body);
  return ofGiven({ kind: 'frame', frame }, spec, mode, undefined);
}

const anyData = (params: Question['params'], unwrapped: boolean): Question => ({
  inputs: undefined,
  params,
  asFrame: false,
  unwrapped,
});

const ofGiven = (given: Given, spec: Task['spec'], mode: Mode, params: unknown): Question => ({
  params: readParams(params, spec.params),
  inputs: assemble(given, spec, mode),
  asFrame: given.kind === 'frame' || spec.inputs.every(({ column }) => column !== undefined),
  unwrapped: false,
});
