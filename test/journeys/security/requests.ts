import { Agent, request } from 'node:http';
import type { TSchema } from 'typebox';
import type { Endpoint } from '../../../src/platform/http/contract.ts';
import type { Seeds } from './house.ts';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Headers and body together: wherever a leak may stand. */
  all: string;
  body: string;
}

export interface Sent {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

const agent = new Agent({ keepAlive: true });

/** Sends exactly this path and these headers: `fetch` would tidy them up first. An endless answer is cut after a moment. */
export function send(port: number, what: Sent, fresh = false): Promise<Answer> {
  const { method, path, headers = {}, body } = what;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent: fresh ? false : agent,
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: {
          ...headers,
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        const done = () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text,
            all: `${JSON.stringify(response.headers)}\n${text}`,
          });
        };
        const endless = (response.headers['content-type'] ?? '').startsWith('text/event-stream')
          ? setTimeout(() => response.destroy(), 150)
          : undefined;
        response.on('data', (chunk: Buffer) => void chunks.push(chunk));
        response.on('close', () => {
          clearTimeout(endless);
          done();
        });
        response.on('error', () => undefined);
      },
    );
    // The server may end a connection while it is taken up again.
    sent.on('error', (error) => {
      if (sent.reusedSocket) resolve(send(port, what, true));
      else reject(error);
    });
    sent.end(body);
  });
}

/** A request to an endpoint that names things of `url` in its address, and of `body` in its query and body. */
export function requestTo(endpoint: Endpoint, url: Seeds, body: Seeds): Sent {
  const mlflow = /^\/(ajax-)?api\/[23]\.0\//.test(endpoint.path);
  const path = endpoint.path
    .replaceAll(/:([a-z_]+)/gi, (_all, name: string) =>
      encodeURIComponent(String(urlValue(name, endpoint.path, url))),
    )
    .replace(/\*$/, () =>
      endpoint.path.includes('mlflow-artifacts')
        ? `${url.experiment}/${url.run}/artifacts/notes.txt`
        : endpoint.path.includes('/tags/')
          ? 'mark'
          : endpoint.path.includes('/files/')
            ? 'MLmodel'
            : 'notes.txt',
    );
  const query = mlflow ? (endpoint.method === 'GET' ? mlflowFields(body) : {}) : fields(endpoint.query, body);
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => [key, String(one)]),
    ),
  ).toString();
  const sent: Sent = { method: endpoint.method, path: search === '' ? path : `${path}?${search}` };
  if (endpoint.body === undefined) return sent;
  if (endpoint.body === 'bytes')
    return { ...sent, headers: { 'content-type': 'application/octet-stream' }, body: 'bytes' };
  return {
    ...sent,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(mlflow ? mlflowFields(body) : fields(endpoint.body, body)),
  };
}

export function urlValue(name: string, path: string, seeds: Seeds): string | number {
  if (name === 'id') return path.includes('/tokens/') ? seeds.token : seeds.loggedModel;
  const known: Record<string, string | number> = {
    ...byName(seeds),
    version: 1,
    ref: 'main',
    key: 'mark',
    alias: 'champion',
    node: `run:${seeds.run}`,
    seq: 1,
    number: 1,
    hash: seeds.hash,
    user: seeds.user,
    group: seeds.group,
  };
  return known[name] ?? seeds.run;
}

const byName = (seeds: Seeds): Record<string, string> => ({
  run: seeds.run,
  run_id: seeds.run,
  model: seeds.model,
  model_id: seeds.loggedModel,
  dataset: seeds.dataset,
  experiment: seeds.experiment,
  experiment_id: seeds.experiment,
});

/** Every field that a native schema asks for, with seeded names where it has one of ours. */
function fields(schema: TSchema, seeds: Seeds): Record<string, unknown> {
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, TSchema>;
    required?: string[];
  };
  const known: Record<string, unknown> = {
    ...byName(seeds),
    source: `models:/${seeds.loggedModel}`,
    runs: [seeds.run],
    experiments: [seeds.experiment],
    hashes: [seeds.hash],
    files: [{ path: 'rows.csv', hash: seeds.hash, size: 10 }],
    sql: `select * from '${seeds.dataset}@main'`,
    version: 1,
    path: 'rows.csv',
    a: 'v1',
    b: 'v1',
  };
  const entries = Object.entries(properties).flatMap(([name, property]): Array<[string, unknown]> => {
    if (Object.hasOwn(known, name) && fits(property, known[name])) return [[name, known[name]]];
    return required.includes(name) ? [[name, example(property)]] : [];
  });
  return Object.fromEntries(entries);
}

const fits = (schema: TSchema, value: unknown): boolean => {
  const { type } = schema as { type?: string };
  return (
    type === undefined ||
    type === (Array.isArray(value) ? 'array' : typeof value === 'number' ? 'integer' : typeof value)
  );
};

function example(schema: TSchema): unknown {
  const {
    type,
    anyOf,
    const: only,
    minLength,
  } = schema as { type?: string; anyOf?: TSchema[]; const?: unknown; minLength?: number };
  if (only !== undefined) return only;
  if (anyOf?.[0]) return example(anyOf[0]);
  if (type === 'string') return 'x'.repeat(Math.max(1, minLength ?? 1));
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return false;
  if (type === 'array') return [];
  return {};
}

/** All that any of MLflow's calls may ask for: it ignores the rest. */
const mlflowFields = (seeds: Seeds): Record<string, unknown> => ({
  ...byName(seeds),
  run_uuid: seeds.run,
  trace_id: seeds.run,
  trace_ids: [seeds.run],
  locations: [{ mlflow_experiment: { experiment_id: seeds.experiment } }],
  experiment_ids: [seeds.experiment],
  run_ids: [seeds.run],
  name: seeds.model,
  new_name: `${seeds.model}-new`,
  experiment_name: seeds.experiment === '0' ? 'Default' : 'apart',
  version: '1',
  alias: 'champion',
  stage: 'Production',
  source: `models:/${seeds.loggedModel}`,
  key: 'mark',
  value: '1',
  metric_key: 'auc mark',
  metric_keys: ['auc mark'],
  timestamp: 1,
  step: 0,
  status: 'LOGGED_MODEL_READY',
  path: 'notes.txt',
  max_results: 10,
  source_run_id: seeds.run,
  num_parts: 1,
});
