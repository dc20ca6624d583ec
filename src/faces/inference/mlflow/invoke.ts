import { TreadleError } from '../../../platform/errors/index.ts';
import { ModelFault } from '../../../runtimes/index.ts';
import type { PlaneDoor, Question as Asked, Served } from '../../../serving/index.ts';
import type { Aside } from '../aside/index.ts';
import type { InferenceReply, InferenceRequest } from '../exchange.ts';
import { traceHeaders } from '../shared/answer.ts';
import { failureOf, type Failure } from '../shared/failure.ts';
import { endpointOf } from '../shared/only.ts';
import { mediaOf, WrongMedia } from './decode.ts';
import { predictionsOf } from './encode.ts';
import { readAny, readJson, type Question, type Task } from './question.ts';

const JSON_TYPE = 'application/json';

/** From this size on reading a body holds the loop for longer than handing it to another thread. */
const LARGE = 256 * 1024;

/** POST …/invocations: MLflow's scoring server. `named`: the endpoint of the path. */
export function invoke(
  door: PlaneDoor,
  aside: Aside,
  request: InferenceRequest,
  reply: InferenceReply,
  named: string | undefined,
): void {
  try {
    const served = endpointOf(door, request.workspace, named);
    const { spec, endpoint } = served;
    const { body } = request;
    const media = mediaOf(request.header('content-type'), body);
    const { inputs, params } = spec;
    const task: Task = { media, body, spec: { inputs, params }, mode: endpoint.strict ? 'strict' : 'cast' };
    const large = media === 'parquet' || body.length > LARGE; // how much Parquet holds is not told by its size
    if (media === 'json' && !large) return ask(door, request, reply, served, task, readJson(task));
    const answer = (error: Error | undefined, question?: Question): void => {
      try {
        if (error || !question) return fail(reply, error);
        ask(door, request, reply, served, task, question);
      } catch (thrown) {
        fail(reply, thrown);
      }
    };
    if (large) return aside('mlflow', { media, spec: task.spec, mode: task.mode }, body, answer);
    void readAny(task).then((question) => answer(undefined, question), answer);
  } catch (error) {
    fail(reply, error);
  }
}

function ask(
  door: PlaneDoor,
  request: InferenceRequest,
  reply: InferenceReply,
  { endpoint, spec }: Served,
  { media, body }: Task,
  { inputs, params, asFrame, unwrapped }: Question,
): void {
  const about = { ...from(request, reply, endpoint.name), ...(params === undefined ? {} : { params }) };
  if (inputs)
    return door.predict({ ...about, inputs }, (error, answer) => {
      if (error || !answer) return fail(reply, error);
      reply.send(200, JSON_TYPE, predictionsOf(answer.outputs, spec, asFrame), traceHeaders(answer));
    });
  // It takes any data, so its body goes on as it came. A copy, for the body may be a piece of something larger.
  door.predictJson({ ...about, body: { media, bytes: new Uint8Array(body) } }, (error, answer) => {
    if (error || !answer) return fail(reply, error);
    const text = unwrapped ? answer.body : `{"predictions": ${answer.body}}`;
    reply.send(200, JSON_TYPE, text, traceHeaders(answer));
  });
}

function from(
  request: InferenceRequest,
  caller: InferenceReply,
  endpoint: string,
): Pick<Asked, 'workspace' | 'endpoint' | 'caller' | 'at' | 'key'> {
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
