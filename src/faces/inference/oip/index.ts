import { invalid, messageOf, missing } from '../../../platform/errors/index.ts';
import type { PlaneDoor, Question, Served } from '../../../serving/index.ts';
import type { Aside } from '../aside/index.ts';
import type { InferenceReply, InferenceRequest, Protocol } from '../exchange.ts';
import { traceHeaders } from '../shared/answer.ts';
import { failureOf } from '../shared/failure.ts';
import { segments } from '../shared/path.ts';
import { writeAnswer } from './answer.ts';
import { EXTENSIONS, modelConfig, modelMetadata, modelStats, repositoryIndex } from './describe.ts';
import { createReader } from './reader.ts';
import type { InferRequest } from './request.ts';

/** Where a path leads: the part after the model, and which one. */
interface Place {
  verb: string;
  model: string;
  version: string | undefined;
}

const JSON_TYPE = 'application/json';
/** From this size on JSON is read in another thread; binary tensors are only copied. */
const LARGE = 1024 * 1024;
const FULL = JSON.stringify({
  error:
    'the endpoint has as many requests waiting as it may (ask again after the time in Retry-After, with fewer requests at once)',
});
const LATER = { 'Retry-After': '1' };
/** Parameters that the protocol keeps for itself; the rest are the model's, where it takes any. */
const RESERVED =
  /^(sequence_(id|start|end)|priority|timeout|headers|binary_data_output|content_type|triton_.*)$/;

/** The Open Inference Protocol v2 over REST, JSON and binary. The rules that its clients really keep are in this room's README. */
export function createOip(door: PlaneDoor, { version, aside }: { version: string; aside: Aside }): Protocol {
  const places = new Map<string, Place | undefined>();
  const reader = createReader();

  function placeOf(path: string): Place | undefined {
    if (places.has(path)) return places.get(path);
    const place = readPath(path);
    if (places.size > 1000) places.clear();
    places.set(path, place);
    return place;
  }

  function infer(request: InferenceRequest, reply: InferenceReply, { model, version: asked }: Place): void {
    const served = need(door, request.workspace, model, asked);
    // Before the body is read: a refusal must cost little.
    if (served.full) {
      served.refused();
      return reply.send(429, JSON_TYPE, FULL, LATER);
    }
    const { body } = request;
    const header = request.header('inference-header-content-length');
    if (header !== undefined || body.length <= LARGE)
      return ask(request, reply, served, model, asked, reader(body, header, served.spec));
    aside('oip', { spec: served.spec }, body, (error, read) => {
      try {
        if (!read) return fail(reply, error);
        ask(request, reply, served, model, asked, read);
      } catch (thrown) {
        fail(reply, thrown);
      }
    });
  }

  function ask(
    request: InferenceRequest,
    reply: InferenceReply,
    served: Served,
    model: string,
    asked: string | undefined,
    asking: InferRequest,
  ): void {
    refuseOutputs(asking, served);
    const params = paramsOf(asking.parameters, served);
    const { timeout } = asking.parameters;
    const key = request.header('x-treadle-key');
    const question: Question = {
      workspace: request.workspace,
      endpoint: model,
      inputs: asking.inputs,
      caller: reply,
      at: request.at,
    };
    if (asked !== undefined) question.version = asked;
    if (params !== undefined) question.params = params;
    if (key !== undefined) question.key = key;
    if (typeof timeout === 'number' && timeout > 0) question.deadline = timeout / 1000;
    door.predict(question, (error, answer) => {
      if (!answer) return fail(reply, error);
      try {
        const { body, header } = writeAnswer(answer, asking);
        if (header === undefined) reply.send(200, JSON_TYPE, body, traceHeaders(answer));
        else
          reply.send(200, 'application/octet-stream', body, {
            ...traceHeaders(answer),
            'Inference-Header-Content-Length': String(header),
          });
      } catch (thrown) {
        fail(reply, thrown);
      }
    });
  }

  const json = (reply: InferenceReply, value: unknown, status = 200): void =>
    reply.send(status, JSON_TYPE, JSON.stringify(value));

  /** Everything but inference. */
  function describe(request: InferenceRequest, reply: InferenceReply, place: Place): void {
    const { verb, model, version: asked } = place;
    const { workspace } = request;
    switch (verb) {
      case 'server':
        return json(reply, { name: 'treadle', version, extensions: EXTENSIONS });
      case 'live':
        return json(reply, { live: true, ready: door.ready });
      case 'all-ready':
        return json(reply, { live: true, ready: door.ready }, door.ready ? 200 : 503);
      case 'models':
        return json(reply, { models: door.list(workspace).map(({ endpoint }) => endpoint.name) });
      case 'all-stats':
        return json(reply, modelStats(door.list(workspace)));
      case 'index':
        return json(reply, repositoryIndex(door, workspace, wantsReady(request.body)));
      case 'repository':
        throw invalid('models are loaded and unloaded by deployments, not by callers', {
          hint: 'treadle deploy MODEL@v3 --to ENDPOINT',
        });
      case 'metadata':
        return json(reply, modelMetadata(need(door, workspace, model, asked)));
      case 'config':
        return json(reply, modelConfig(need(door, workspace, model, asked)));
      case 'stats':
        return json(reply, modelStats([need(door, workspace, model, asked)]));
      default: {
        const { ready } = need(door, workspace, model, asked).model;
        return json(reply, { name: model, ready }, ready ? 200 : 503);
      }
    }
  }

  return (request, reply) => {
    const { path } = request;
    if (!path.startsWith('/v2')) return false;
    const place = placeOf(path);
    if (!place) {
      if (segments(path)) return false;
      fail(reply, invalid('the path has a broken percent-encoding', { field: 'path' }));
      return true;
    }
    try {
      const method = METHODS[place.verb] ?? 'GET';
      if (request.method !== method && !(method === 'GET' && request.method === 'HEAD'))
        reply.send(
          405,
          JSON_TYPE,
          JSON.stringify({ error: `${path.slice(0, 200)} takes ${method}, not ${request.method}` }),
          { Allow: method },
        );
      else if (place.verb === 'infer') infer(request, reply, place);
      else describe(request, reply, place);
    } catch (error) {
      fail(reply, error);
    }
    return true;
  };
}

const METHODS: Readonly<Record<string, string>> = { infer: 'POST', index: 'POST', repository: 'POST' };
const VERBS: Readonly<Record<string, string>> = {
  ready: 'ready',
  infer: 'infer',
  config: 'config',
  stats: 'stats',
};

function readPath(path: string): Place | undefined {
  const parts = segments(path.endsWith('/') ? path.slice(0, -1) : path);
  if (!parts || parts[0] !== 'v2') return undefined;
  const at = (verb: string, model = '', version?: string): Place => ({ verb, model, version });
  const [, area, name, ...rest] = parts;
  if (area === undefined) return at('server');
  if (area === 'health' && rest.length === 0) {
    if (name === 'live') return at('live');
    return name === 'ready' ? at('all-ready') : undefined;
  }
  if (area === 'repository') {
    if (name === 'index' && rest.length === 0) return at('index');
    return name === 'models' && /^(load|unload)$/.test(rest[1] ?? '') ? at('repository') : undefined;
  }
  if (area !== 'models') return undefined;
  if (name === undefined) return at('models');
  if (name === 'stats' && rest.length === 0) return at('all-stats');
  const version = rest[0] === 'versions' ? rest[1] : undefined;
  if (rest[0] === 'versions' && (version === undefined || version === '')) return undefined;
  const tail = version === undefined ? rest : rest.slice(2);
  if (tail.length === 0) return at('metadata', name, version);
  const verb = Object.hasOwn(VERBS, tail[0]!) ? VERBS[tail[0]!] : undefined;
  return verb !== undefined && tail.length === 1 ? at(verb, name, version) : undefined;
}

/** Triton's own words stand first: its clients' tests look for them. */
function need(door: PlaneDoor, workspace: string, model: string, version: string | undefined): Served {
  const served = door.find(workspace, model, version);
  if (served) return served;
  const name = model.length > 100 ? `${model.slice(0, 100)}…` : model;
  throw missing(
    `Request for unknown model: '${name}'${version === undefined ? '' : ` version '${version.slice(0, 40)}'`} is not served here`,
    { field: 'model', hint: 'GET /v2/models lists what is' },
  );
}

function refuseOutputs({ outputs }: InferRequest, { spec }: Served): void {
  if (!outputs || spec.outputs.length === 0) return;
  for (const { name } of outputs)
    if (!spec.outputs.some((one) => one.name === name))
      throw invalid(`the model gives no output '${name.slice(0, 100)}'`, {
        field: 'outputs',
        hint: `it gives ${spec.outputs.map((one) => one.name).join(', ')}`,
      });
}

/** Settings of the call, for models that take some; a model without hears of none. */
function paramsOf(
  parameters: Record<string, unknown>,
  { spec }: Served,
): Record<string, unknown> | undefined {
  if (spec.params.length === 0) return undefined;
  const own = Object.entries(parameters).filter(([name]) => !RESERVED.test(name));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

function wantsReady(body: Buffer): boolean {
  if (body.length === 0) return false;
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && 'ready' in value && value.ready === true;
  } catch (error) {
    throw invalid(`the body is not valid JSON: ${messageOf(error)}`, { field: 'body' });
  }
}

function fail(reply: InferenceReply, error: unknown): void {
  const { status, message, headers } = failureOf(error);
  reply.send(status, JSON_TYPE, JSON.stringify({ error: message }), headers);
}
