import { invalid, limited, missing } from '../../../platform/errors/index.ts';
import type { ModelSpec, Tensor } from '../../../runtimes/index.ts';
import type { Answer, PlaneDoor, Question } from '../../../serving/index.ts';
import type { Aside } from '../aside/index.ts';
import { plainTensor } from '../shared/cells.ts';
import { toRaw } from '../shared/raw.ts';
import { readInfer, type InferRequest } from './messages.ts';
import { Reader, type Writer } from './protobuf.ts';
import { tensorsOf } from './tensors.ts';

/** Typed contents from this size on are read beside, as large JSON is: they are a number each. Raw ones are never read at all. */
const LARGE = 1024 * 1024;

/** Who called, how long they wait, and the sticky key: what is said once a call, beside its messages. */
export interface Caller {
  workspace: string;
  key: string | undefined;
  deadline: number | undefined;
  /** The call was cancelled, or its connection ended. */
  readonly gone: boolean;
}

/** What came of a message: what was asked, as far as it could be read, and the answer with what the caller asked to see of it. */
export type Inferred =
  | { failed: true; error: unknown; request: InferRequest | undefined }
  | { failed: false; request: InferRequest; answer: Answer; outputs: readonly Tensor[] };

/** Reads a message and asks the plane. `done` hears once, perhaps before this returns. */
export function inferMessage(
  door: PlaneDoor,
  aside: Aside | undefined,
  caller: Caller,
  message: Buffer,
  at: number,
  done: (inferred: Inferred) => void,
): void {
  let request: InferRequest | undefined;
  const ask = (read: InferRequest, inputs?: Tensor[]): void => {
    request = read;
    infer(door, caller, read, inputs, at, (error, answer, outputs) => {
      if (error || !answer || !outputs)
        done({ failed: true, error: error ?? new Error('no answer'), request });
      else done({ failed: false, request: read, answer, outputs });
    });
  };
  try {
    const large = aside && largeModel(message);
    if (!aside || !large) return ask(readInfer(new Reader(message)));
    const { spec } = find(door, caller.workspace, large.model, large.version);
    aside('grpc', { spec }, message, (error, read) => {
      if (!read) return done({ failed: true, error, request });
      try {
        ask(read.request, read.inputs);
      } catch (thrown) {
        done({ failed: true, error: thrown, request });
      }
    });
  } catch (error) {
    done({ failed: true, error, request });
  }
}

/** The model that is asked, where the typed contents of a message are large. Only the outermost fields are looked at. */
function largeModel(message: Buffer): { model: string; version: string } | undefined {
  if (message.length <= LARGE) return undefined;
  const reader = new Reader(message);
  const names = { model: '', version: '' };
  let inputs = 0;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === (1 << 3) + 2) names.model = reader.text();
    else if (tag === (2 << 3) + 2) names.version = reader.text();
    else if (tag === (5 << 3) + 2) inputs += reader.chunk().length;
    else reader.skip(tag & 7);
  }
  return inputs > LARGE ? names : undefined;
}

function infer(
  door: PlaneDoor,
  caller: Caller,
  request: InferRequest,
  inputs: Tensor[] | undefined,
  at: number,
  done: (error: Error | undefined, answer?: Answer, outputs?: readonly Tensor[]) => void,
): void {
  const { model, version } = request;
  const served = find(door, caller.workspace, model, version);
  if (served.full)
    throw limited(`endpoint '${model}' has as many requests waiting as it may`, {
      hint: 'ask again in a second, with fewer requests at once',
    });
  const wanted = wantedOutputs(request, served.spec);
  const deadline = deadlineOf(request, caller.deadline);
  const question: Question = {
    workspace: caller.workspace,
    endpoint: model,
    inputs: inputs ?? tensorsOf(request, served.spec),
    caller,
    at,
    ...(version === '' ? {} : { version }),
    ...(caller.key === undefined ? {} : { key: caller.key }),
    ...(deadline === undefined ? {} : { deadline }),
    ...paramsOf(request, served.spec),
  };
  door.predict(question, (error, answer) => {
    if (error || !answer) return done(error ?? new Error('no answer'));
    if (wanted === undefined) return done(undefined, answer, answer.outputs);
    const chosen = wanted.map((name) => answer.outputs.find((output) => output.name === name));
    const absent = wanted.find((_, index) => chosen[index] === undefined);
    if (absent !== undefined)
      return done(
        missing(`version ${answer.version}, which answered, has no output '${absent}'`, { field: 'outputs' }),
      );
    done(
      undefined,
      answer,
      chosen.filter((output) => output !== undefined),
    );
  });
}

export function find(door: PlaneDoor, workspace: string, model: string, version: string) {
  const served = door.find(workspace, model, version === '' ? undefined : version);
  if (served) return served;
  if (model === '')
    throw invalid('model_name is empty', { field: 'model_name', hint: 'it is the name of an endpoint' });
  const known = version === '' ? undefined : door.find(workspace, model);
  throw known
    ? missing(`Request for unknown model: '${model}' has no version '${version}' ready`, {
        field: 'model_version',
        hint: `ready are: ${known.versions.join(', ')}`,
      })
    : missing(`Request for unknown model: there is no endpoint '${model}'`, { field: 'model_name' });
}

function wantedOutputs({ outputs }: InferRequest, spec: ModelSpec): string[] | undefined {
  if (outputs.length === 0) return undefined;
  const seen = new Set<string>();
  for (const { name, parameters } of outputs) {
    if (seen.has(name)) throw invalid(`output '${name}' is asked for twice`, { field: 'outputs' });
    seen.add(name);
    if (spec.outputs.length > 0 && !spec.outputs.some((one) => one.name === name))
      throw invalid(`there is no output '${name}'`, {
        field: 'outputs',
        hint: `the outputs are: ${spec.outputs.map((one) => one.name).join(', ')}`,
      });
    for (const extension of ['classification', 'shared_memory_region'])
      if (parameters.has(extension) && parameters.get(extension) !== 0n)
        throw invalid(`output '${name}': ${extension} is not offered`, {
          field: `outputs.${name}.parameters.${extension}`,
        });
  }
  return [...seen];
}

/** The sooner of the call's own deadline and the request's `timeout` in µs. */
function deadlineOf({ parameters }: InferRequest, ofCall: number | undefined): number | undefined {
  const said = parameters.get('timeout');
  if (said === undefined) return ofCall;
  const ms = typeof said === 'bigint' || typeof said === 'number' ? Number(said) / 1000 : NaN;
  if (!(ms >= 0))
    throw invalid('the parameter timeout is a number of microseconds', { field: 'parameters.timeout' });
  return ms === 0 ? ofCall : Math.min(ms, ofCall ?? ms);
}

function paramsOf({ parameters }: InferRequest, spec: ModelSpec): Pick<Question, 'params'> {
  if (spec.params.length === 0 || parameters.size === 0) return {};
  const known: Array<[string, unknown]> = [];
  for (const { name } of spec.params) {
    const value = parameters.get(name);
    if (value !== undefined) known.push([name, typeof value === 'bigint' ? Number(value) : value]);
  }
  return known.length === 0 ? {} : { params: Object.fromEntries(known) };
}

/** ModelInferResponse into `into`: always raw contents, in the order of the outputs; typed ones are not read by tritonclient. */
export function writeAnswer(
  into: Writer,
  request: InferRequest,
  answer: Answer,
  outputs: readonly Tensor[],
): Writer {
  into.text(1, request.model).text(2, String(answer.version)).text(3, request.id);
  writeText(into, 'prediction_id', answer.prediction);
  if (request.parameters.get('triton_enable_empty_final_response') === true)
    into.message(4, (entry) =>
      entry.text(1, 'triton_final_response').message(2, (value) => value.bool(1, true)),
    );
  const plain = outputs.map(plainTensor);
  for (const { tensor, content } of plain)
    into.message(5, (output) => {
      output.text(1, tensor.name).text(2, tensor.datatype).numbers(3, tensor.shape);
      if (content !== undefined) writeText(output, 'content_type', content);
    });
  for (const { tensor } of plain) into.chunk(6, toRaw(tensor));
  return into;
}

function writeText(into: Writer, key: string, text: string): void {
  into.message(4, (entry) => entry.text(1, key).message(2, (value) => value.entry(3, text)));
}
