import { invalid, TreadleError } from '../../../platform/errors/index.ts';
import { ModelFault, type Body } from '../../../runtimes/index.ts';
import type { PlaneDoor, Question, Served } from '../../../serving/index.ts';
import type { InferenceReply, InferenceRequest } from '../exchange.ts';
import { traceHeaders } from '../shared/answer.ts';
import { failureOf, type Failure } from '../shared/failure.ts';
import { nestedDeeper } from '../shared/json.ts';
import { endpointOf } from '../shared/only.ts';
import { assemble } from './assemble.ts';
import { decodeTable, fromForms, mediaOf, parseBody, WrongMedia } from './decode.ts';
import { predictionsOf } from './encode.ts';
import type { Given } from './frame.ts';
import { readParams } from './params.ts';

const JSON_TYPE = 'application/json';
/** Bodies of models for language, answered as the model answers: without `predictions` around it. */
const UNWRAPPED = ['messages', 'prompt', 'input'];

/** POST …/invocations: MLflow's scoring server. `named`: the endpoint of the path. */
export function invoke(
  door: PlaneDoor,
  request: InferenceRequest,
  reply: InferenceReply,
  named: string | undefined,
): void {
  try {
    const served = endpointOf(door, request.workspace, named);
    const media = mediaOf(request.header('content-type'), request.body);
    if (media !== 'json') {
      if (served.spec.inputs.length === 0) return askBody(door, request, reply, served, media);
      void decodeTable(media, request.body, served.spec)
        .then((frame) => ask(door, request, reply, served, { kind: 'frame', frame }, undefined))
        .catch((error: unknown) => fail(reply, error));
      return;
    }
    const body = parseBody(request.body, served.spec);
    if (served.spec.inputs.length === 0) return askBody(door, request, reply, served, 'json', body);
    const { given, params } = fromForms(body);
    ask(door, request, reply, served, given, params);
  } catch (error) {
    fail(reply, error);
  }
}

function ask(
  door: PlaneDoor,
  request: InferenceRequest,
  reply: InferenceReply,
  { endpoint, spec }: Served,
  given: Given,
  given_params: unknown,
): void {
  const params = readParams(given_params, spec.params);
  const question: Question = {
    ...about(request, reply, endpoint.name),
    inputs: assemble(given, spec, endpoint.strict ? 'strict' : 'cast'),
    ...(params === undefined ? {} : { params }),
  };
  const asFrame = given.kind === 'frame' || spec.inputs.every(({ column }) => column !== undefined);
  door.predict(question, (error, answer) => {
    if (error || !answer) return fail(reply, error);
    reply.send(200, JSON_TYPE, predictionsOf(answer.outputs, spec, asFrame), traceHeaders(answer));
  });
}

/** To a model that takes any data: its body goes on as it came, once it is known to be of a form that MLflow takes. */
function askBody(
  door: PlaneDoor,
  request: InferenceRequest,
  reply: InferenceReply,
  { endpoint, spec }: Served,
  media: Body['media'],
  parsed: Record<string, unknown> = {},
): void {
  const unwrapped = UNWRAPPED.some((key) => Object.hasOwn(parsed, key));
  if (media === 'json') {
    if (!unwrapped) fromForms(parsed); // says what is wrong with the form before a host is asked
    if (nestedDeeper(parsed)) throw invalid('the body is nested deeper than 100 levels', { field: 'body' });
  }
  const params = readParams(parsed['params'], spec.params);
  const question = {
    ...about(request, reply, endpoint.name),
    body: { media, bytes: Uint8Array.from(request.body) },
    ...(params === undefined ? {} : { params }),
  };
  door.predictJson(question, (error, answer) => {
    if (error || !answer) return fail(reply, error);
    const text = unwrapped ? answer.body : `{"predictions": ${answer.body}}`;
    reply.send(200, JSON_TYPE, text, traceHeaders(answer));
  });
}

function about(
  request: InferenceRequest,
  caller: InferenceReply,
  endpoint: string,
): Pick<Question, 'workspace' | 'endpoint' | 'caller' | 'at' | 'key'> {
  const key = request.header('x-treadle-key');
  return { workspace: request.workspace, endpoint, caller, at: request.at, ...(key ? { key } : {}) };
}

const CODES: Readonly<Record<Failure['kind'], string>> = {
  invalid: 'BAD_REQUEST',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  missing: 'RESOURCE_DOES_NOT_EXIST',
  conflict: 'RESOURCE_CONFLICT',
  'too-large': 'REQUEST_LIMIT_EXCEEDED',
  limited: 'REQUEST_LIMIT_EXCEEDED',
  unavailable: 'TEMPORARILY_UNAVAILABLE',
  model: 'BAD_REQUEST',
  internal: 'INTERNAL_ERROR',
};

/** MLflow's errors: {error_code, message}. A model that fails on a request is answered 400, as there: mostly it is the request. */
export function fail(reply: InferenceReply, error: unknown): void {
  if (error instanceof WrongMedia) return reply.send(415, 'text/plain', error.message);
  const failure = failureOf(error);
  const schema = error instanceof TreadleError && error.code === 'schema';
  const code = schema ? 'INVALID_PARAMETER_VALUE' : CODES[failure.kind];
  const broken = error instanceof ModelFault && failure.kind === 'model';
  const message = broken
    ? `Encountered an unexpected error while evaluating the model. Verify that the input is compatible with the model for inference. Error: ${failure.message}`
    : failure.message;
  const status = broken ? 400 : failure.status;
  reply.send(status, JSON_TYPE, JSON.stringify({ error_code: code, message }), failure.headers);
}
