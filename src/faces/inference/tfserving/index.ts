import { invalid, missing } from '../../../platform/errors/index.ts';
import type { PlaneDoor, Question, Served } from '../../../serving/index.ts';
import type { Aside } from '../aside/index.ts';
import type { InferenceReply, InferenceRequest, Protocol } from '../exchange.ts';
import { traceHeaders } from '../shared/answer.ts';
import { failureOf } from '../shared/failure.ts';
import { segments } from '../shared/path.ts';
import { metadataOf, statusOf } from './describe.ts';
import { readPredict, type Form } from './request.ts';
import { writeColumns, writeRows } from './response.ts';

const JSON_TYPE = 'application/json';
/** From this size on a body is read in another thread. */
const LARGE = 1024 * 1024;
const ROOT = '/v1/models';

/** What a path of /v1/models says. */
interface Asked {
  name: string;
  version?: string;
  label?: string;
  verb: string;
  metadata: boolean;
}

/** TensorFlow Serving's REST, which is KServe's V1 too: `:predict` in rows and columns, metadata, status. */
export function createTfServing(door: PlaneDoor, aside: Aside): Protocol {
  return (request, reply) => {
    const { path } = request;
    if (path === '/') {
      // KServe's V1 client asks here whether anybody is at home.
      if (!readable(request.method)) return false;
      reply.send(200, JSON_TYPE, '{"status": "alive"}');
      return true;
    }
    if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return false;
    try {
      answer(door, aside, request, reply);
    } catch (error) {
      fail(reply, error);
    }
    return true;
  };
}

const readable = (method: string): boolean => method === 'GET' || method === 'HEAD';

function answer(door: PlaneDoor, aside: Aside, request: InferenceRequest, reply: InferenceReply): void {
  if (request.path === ROOT) {
    if (!readable(request.method)) return refuseMethod(reply, request.method, 'GET');
    const models = door.list(request.workspace).map(({ endpoint }) => endpoint.name);
    return reply.send(200, JSON_TYPE, JSON.stringify({ models }));
  }
  const asked = readPath(request.path);
  if (asked.verb === '') {
    if (!readable(request.method)) return refuseMethod(reply, request.method, 'GET');
    const served = find(door, request.workspace, asked);
    const version = versionOf(served, asked);
    const body = asked.metadata ? metadataOf(served, version) : statusOf(served, version);
    return reply.send(served.model.ready || asked.metadata ? 200 : 503, JSON_TYPE, JSON.stringify(body));
  }
  if (request.method !== 'POST') return refuseMethod(reply, request.method, 'POST');
  if (asked.verb !== 'predict')
    throw invalid(`:${asked.verb.slice(0, 40)} is not offered; :predict is`, { field: 'path' });
  const served = find(door, request.workspace, asked);
  const { spec } = served;
  const { body } = request;
  const version = versionOf(served, asked);
  if (body.length <= LARGE)
    return predict(door, request, reply, asked.name, version, readPredict(body, spec));
  aside('tfserving', { spec }, body, (error, read) => {
    if (read) predict(door, request, reply, asked.name, version, read);
    else fail(reply, error);
  });
}

function predict(
  door: PlaneDoor,
  request: InferenceRequest,
  reply: InferenceReply,
  endpoint: string,
  version: string | undefined,
  { form, inputs }: ReturnType<typeof readPredict>,
): void {
  const key = request.header('x-treadle-key');
  const question: Question = {
    workspace: request.workspace,
    endpoint,
    inputs,
    caller: reply,
    at: request.at,
    ...(version === undefined ? {} : { version }),
    ...(key ? { key } : {}),
  };
  door.predict(question, (error, given) => {
    if (error || !given) return fail(reply, error);
    const write: Readonly<Record<Form, typeof writeRows>> = { rows: writeRows, columns: writeColumns };
    try {
      reply.send(200, JSON_TYPE, write[form](given.outputs), traceHeaders(given));
    } catch (thrown) {
      fail(reply, thrown);
    }
  });
}

function readPath(path: string): Asked {
  const parts = segments(path);
  if (!parts) throw invalid('the path has a broken percent-encoding', { field: 'path' });
  const rest = parts.slice(2);
  const last = rest.at(-1) ?? '';
  const colon = last.lastIndexOf(':');
  const verb = colon < 0 ? '' : last.slice(colon + 1);
  if (colon >= 0) rest[rest.length - 1] = last.slice(0, colon);
  const metadata = verb === '' && rest.length > 1 && rest.at(-1) === 'metadata';
  if (metadata) rest.pop();
  const [name = '', kind, which] = rest;
  if (rest.length === 1) return { name, verb, metadata };
  if (rest.length === 3 && which !== undefined) {
    if (kind === 'versions') return { name, version: which, verb, metadata };
    if (kind === 'labels') return { name, label: which, verb, metadata };
  }
  throw missing(`there is no ${path.slice(0, 200)}`, {
    field: 'path',
    hint: 'NAME, NAME/versions/V or NAME/labels/L, then :predict or /metadata',
  });
}

function find(door: PlaneDoor, workspace: string, { name, version }: Asked): Served {
  const served = door.find(workspace, name);
  if (!served)
    throw missing(`Servable not found for request: there is no endpoint '${name}'`, { field: 'model' });
  if (version === undefined) return served;
  const exact = door.find(workspace, name, version);
  if (!exact)
    throw missing(`Servable not found for request: '${name}' has no version '${version}' ready`, {
      field: 'version',
      hint: `ready are: ${served.versions.join(', ')}`,
    });
  return exact;
}

/** The version that a path insists on: a number, or the label of a variant. */
function versionOf({ endpoint }: Served, { version, label }: Asked): string | undefined {
  if (label === undefined) return version;
  const role = label === 'stable' ? 'champion' : label;
  const variant = endpoint.variants.find((one) => one.role === role);
  if (!variant || role === 'shadow')
    throw missing(`'${endpoint.name}' has no version with the label '${label}'`, {
      field: 'label',
      hint: 'labels are stable (or champion), and canary while there is one',
    });
  return String(variant.version);
}

function refuseMethod(reply: InferenceReply, method: string, wanted: string): void {
  reply.send(
    405,
    JSON_TYPE,
    JSON.stringify({ error: `${method.slice(0, 20)} is not offered here; ${wanted} is` }),
    {
      Allow: wanted,
    },
  );
}

function fail(reply: InferenceReply, error: unknown): void {
  const { status, message, headers } = failureOf(error);
  reply.send(status, JSON_TYPE, JSON.stringify({ error: message }), headers);
}
