import { invalid, missing } from '../../../platform/errors/index.ts';
import type { PlaneDoor, Served } from '../../../serving/index.ts';
import type { Aside } from '../aside/index.ts';
import type { InferenceReply, InferenceRequest, Protocol } from '../exchange.ts';
import { fail, invoke } from '../mlflow/invoke.ts';
import { isObject } from '../shared/json.ts';
import { endpointOf } from '../shared/only.ts';
import { segments } from '../shared/path.ts';

const JSON_TYPE = 'application/json';
const BINARY = 'application/vnd.sagemaker-triton.binary+json';
const ATTRIBUTES = 'x-amzn-sagemaker-custom-attributes';

/**
 * SageMaker's container contract, as far as it is more than MLflow's: many models in one container (`/models`,
 * `/models/M/invoke`), custom attributes, and bodies of the Open Inference Protocol on `/invocations`, also binary. `oip`
 * answers those as if they had come to /v2.
 */
export function createSagemaker(door: PlaneDoor, oip: Protocol, aside: Aside): Protocol {
  const ask = (request: InferenceRequest, plain: InferenceReply, named: string | undefined): void => {
    const reply = withAttributes(request, plain);
    try {
      const tensors = tensorsOf(request);
      if (!tensors) return invoke(door, aside, request, reply, named);
      const { endpoint } = endpointOf(door, request.workspace, named);
      const path = `/v2/models/${encodeURIComponent(endpoint.name)}/infer`;
      const header = (name: string): string | undefined => {
        if (name === 'inference-header-content-length') return tensors.header;
        return name === 'content-type' ? undefined : request.header(name);
      };
      if (!oip({ ...request, header, path }, tensors.header === undefined ? reply : asBinary(reply)))
        throw missing('the Open Inference Protocol is not offered here');
    } catch (error) {
      fail(reply, error);
    }
  };
  return (request, reply) => {
    const { path, method } = request;
    if (path === '/invocations' || /^\/endpoints\/[^/]+\/invocations$/.test(path)) {
      const ours = request.header(ATTRIBUTES) !== undefined || isTensors(request);
      if (method !== 'POST' || !ours) return false;
      const parts = segments(path);
      if (!parts) return false;
      ask(request, reply, path === '/invocations' ? undefined : parts[1]);
      return true;
    }
    if (path !== '/models' && !path.startsWith('/models/')) return false;
    try {
      const parts = segments(path);
      if (!parts) throw invalid('the path has a broken percent-encoding', { field: 'path' });
      const [, name, verb, ...more] = parts;
      if (more.length > 0 || (verb !== undefined && verb !== 'invoke'))
        throw missing(`there is no ${path.slice(0, 200)}`, {
          field: 'path',
          hint: '/models, /models/M, /models/M/invoke',
        });
      if (verb === 'invoke') {
        if (method !== 'POST') return (notOffered(reply, method, 'POST'), true);
        ask(request, reply, name);
      } else if (name === undefined) models(door, request, reply);
      else one(endpointOf(door, request.workspace, name), request, reply);
    } catch (error) {
      fail(reply, error);
    }
    return true;
  };
}

/** Whether a body on /invocations is one of the Open Inference Protocol, and how long its JSON is where tensors follow. */
function tensorsOf(request: InferenceRequest): { header: string | undefined } | undefined {
  const type = request.header('content-type') ?? '';
  if (!type.toLowerCase().startsWith(BINARY)) return isTensors(request) ? { header: undefined } : undefined;
  const [, size] = /;\s*json-header-size=(\d{1,10})\s*$/.exec(type) ?? [];
  if (size === undefined)
    throw invalid(`the content type ${BINARY} must say its json-header-size`, {
      field: 'content-type',
      hint: `${BINARY};json-header-size=N, N being the bytes of the JSON before the tensors`,
    });
  return { header: size };
}

/** Inputs that say name, shape and datatype are tensors. Only looked for where the text has the words. */
function isTensors(request: InferenceRequest): boolean {
  const type = (request.header('content-type') ?? '').toLowerCase();
  if (type.startsWith(BINARY)) return true;
  if (type !== '' && !type.startsWith(JSON_TYPE)) return false;
  const { body } = request;
  if (!body.includes('"datatype"') || !body.includes('"inputs"')) return false;
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    const inputs = isObject(parsed) ? parsed['inputs'] : undefined;
    return (
      Array.isArray(inputs) &&
      inputs.length > 0 &&
      inputs.every(
        (one) => isObject(one) && typeof one['datatype'] === 'string' && Array.isArray(one['shape']),
      )
    );
  } catch {
    return false;
  }
}

function models(door: PlaneDoor, request: InferenceRequest, reply: InferenceReply): void {
  if (request.method === 'GET')
    return reply.send(200, JSON_TYPE, JSON.stringify({ models: door.list(request.workspace).map(describe) }));
  if (request.method !== 'POST') return notOffered(reply, request.method, 'GET');
  throw invalid('models are loaded by deployment', {
    field: 'url',
    hint: 'treadle deploy, or POST /api/v1/endpoints/NAME/revisions on the main port',
  });
}

function one(served: Served, request: InferenceRequest, reply: InferenceReply): void {
  if (request.method === 'GET') return reply.send(200, JSON_TYPE, JSON.stringify(describe(served)));
  if (request.method !== 'DELETE') return notOffered(reply, request.method, 'GET');
  throw invalid('models are unloaded when their endpoint is taken away', {
    field: 'model',
    hint: 'DELETE /api/v1/endpoints/NAME on the main port',
  });
}

const describe = ({ endpoint }: Served) => ({
  modelName: endpoint.name,
  modelUrl: `/models/${encodeURIComponent(endpoint.name)}`,
});

function notOffered(reply: InferenceReply, method: string, wanted: string): void {
  const message = `${method.slice(0, 20)} is not offered here; ${wanted} is`;
  reply.send(405, JSON_TYPE, JSON.stringify({ error_code: 'METHOD_NOT_ALLOWED', message }), {
    Allow: wanted,
  });
}

/** What the caller gave beside the body comes back beside the answer. */
function withAttributes(request: InferenceRequest, reply: InferenceReply): InferenceReply {
  const given = request.header(ATTRIBUTES);
  if (given === undefined || given.length > 1024 || !/^[\x20-\x7e]*$/.test(given)) return reply;
  return {
    send: (status, type, body, headers) =>
      reply.send(status, type, body, { ...headers, 'X-Amzn-SageMaker-Custom-Attributes': given }),
    get gone() {
      return reply.gone;
    },
  };
}

/** Tensors in the answer are announced in the content type rather than in a header of their own. */
function asBinary(reply: InferenceReply): InferenceReply {
  return {
    send(status, type, body, headers = {}) {
      const entry = Object.entries(headers).find(
        ([name]) => name.toLowerCase() === 'inference-header-content-length',
      );
      reply.send(
        status,
        entry === undefined ? type : `${BINARY};json-header-size=${entry[1]}`,
        body,
        headers,
      );
    },
    get gone() {
      return reply.gone;
    },
  };
}
