import { Writer } from '../../src/faces/inference/grpc/protobuf.ts';
import type { Random } from './random.ts';
import { ODD, oddText, textOf, valueOf, type Schema, type Values } from './schema-values.ts';

/** One request of the campaign. */
export interface Shot {
  to: 'main' | 'plane' | 'grpc';
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: Buffer;
  /** Whole and right, so that its answer must be this number, under this id. */
  sum?: number;
}

export interface Operation {
  method: string;
  path: string;
  params: ReadonlyArray<{ name: string; in: string; schema: Schema }>;
  body: Schema | 'bytes' | undefined;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** An endpoint of a contract, with what its schemas allow, more or less. */
export function ofContract({ method, path, params, body }: Operation, values: Values): Shot {
  const { random } = values;
  const query: string[] = [];
  let where = path;
  for (const { name, in: at, schema } of params) {
    if (at === 'path') {
      const segment = random.chance(values.odd) ? oddText(random) : textOf(schema, values);
      where = where.replace(`{${name}}`, () => encoded(segment));
    } else if (random.chance(0.4)) query.push(`${name}=${encoded(plain(valueOf(schema, values)))}`);
  }
  const shot: Shot = {
    to: 'main',
    method,
    path: query.length > 0 ? `${where}?${query.join('&')}` : where,
    headers: { 'x-odd': values.mark },
  };
  if (body === undefined) return shot;
  const bytes =
    body === 'bytes' ? Buffer.from(values.mark) : Buffer.from(JSON.stringify(valueOf(body, values)) ?? '');
  return {
    ...shot,
    headers: { ...shot.headers, ...(body === 'bytes' ? {} : JSON_TYPE) },
    body: spoilt(random, bytes, values.odd),
  };
}

/** Fields of MLflow's messages; which call takes which is left to chance, with those of its own more often. */
const FIELDS = [
  'experiment_id',
  'experiment_ids',
  'run_id',
  'run_uuid',
  'run_ids',
  'name',
  'experiment_name',
  'key',
  'value',
  'timestamp',
  'step',
  'metrics',
  'params',
  'tags',
  'filter',
  'filter_string',
  'order_by',
  'max_results',
  'page_token',
  'metric_key',
  'start_time',
  'end_time',
  'status',
  'run_name',
  'user_id',
  'new_name',
  'version',
  'stage',
  'source',
  'alias',
  'description',
  'path',
  'model_id',
  'model_type',
  'datasets',
  'models',
  'view_type',
  'run_view_type',
  'artifact_location',
  'stages',
  'archive_existing_versions',
  'run_link',
  'model_params',
  'source_run_id',
  'max_results_per_run',
  'start_step',
  'end_step',
  'num_parts',
] as const;
const FILTERS = [
  'metrics.m > 1',
  "params.p = '1' and tags.t like '%x%'",
  'attributes.start_time < 99 order',
  "name ilike '%a%'",
  'tags.`a b` != "x"',
  'metrics.m > nan',
  "run_id in ('a','b')",
  '((((',
];

export function ofMlflow({ method, path }: Pick<Operation, 'method' | 'path'>, values: Values): Shot {
  const { random, known, mark } = values;
  const field = (name: string): unknown => {
    if (random.chance(2 * values.odd)) return random.pick(ODD);
    if (/^(timestamp|step|start_time|end_time|max_results|version|num_parts|.*_step)/.test(name))
      return random.pick<unknown>([0, 1, '1', 5, 1_700_000_000_000, -1]);
    if (name === 'metrics')
      return [
        {
          key: mark,
          value: random.pick<unknown>([1, 'NaN', 1e308]),
          timestamp: 1,
          step: random.pick([0, 1, -1]),
        },
      ];
    if (/^(params|tags|model_params)$/.test(name)) return [{ key: mark, value: random.pick(known) }];
    if (/filter/.test(name)) return random.pick(FILTERS);
    if (/^(order_by|stages|run_ids|experiment_ids)$/.test(name))
      return [random.pick([...known, 'metrics.m DESC', 'start_time'])];
    if (name === 'datasets')
      return [{ dataset: { name: mark, digest: '1', source_type: 'local', source: '{}' }, tags: [] }];
    return random.pick([...known, ...known, mark]);
  };
  const names = new Set(['run_id', 'experiment_id', 'name', 'key', 'value'].filter(() => random.chance(0.6)));
  for (let n = random.below(6); n > 0; n--) names.add(random.pick(FIELDS));
  const fields = Object.fromEntries([...names].map((name) => [name, field(name)]));
  const where = path
    .replaceAll(/:\w+/g, () => encoded(random.pick(known)))
    .replace('*', () => encoded(random.pick([...known, `a/${mark}`])));
  if (method === 'GET') {
    const query = Object.entries(fields).map(([name, value]) => `${name}=${encoded(plain(value))}`);
    return { to: 'main', method, path: `${where}?${query.join('&')}`, headers: {} };
  }
  const bytes = /mlflow-artifacts\/artifacts/.test(path)
    ? Buffer.from(mark)
    : Buffer.from(JSON.stringify(fields));
  return {
    to: 'main',
    method,
    path: where,
    headers: random.chance(0.9) ? JSON_TYPE : {},
    body: spoilt(random, bytes, values.odd),
  };
}

/** Asks the model that adds its two inputs, by one of the protocols. */
export function ofInference({ random, mark }: Values, endpoint: string, serial: number): Shot {
  const rows = [serial % 1_000_000, 1];
  const sum = (serial % 1_000_000) + 1;
  const odd = (): unknown => (random.chance(0.1) ? random.pick(ODD) : undefined);
  const input = {
    name: odd() ?? 'x',
    datatype: odd() ?? 'FP32',
    shape: odd() ?? [1, 2],
    data: odd() ?? rows,
  };
  const spoil = random.chance(0.5);
  const to = random.pick(['main', 'plane', 'plane'] as const);
  const good = { name: 'x', datatype: 'FP32', shape: [1, 2], data: rows };
  if (!spoil)
    return {
      to,
      method: 'POST',
      path: `/v2/models/${endpoint}/infer`,
      headers: JSON_TYPE,
      body: Buffer.from(JSON.stringify({ id: mark, inputs: [good] })),
      sum,
    };
  const [path, body] = random.pick<[string, unknown]>([
    [`/v2/models/${endpoint}/infer`, { id: mark, inputs: [input] }],
    [
      `/v2/models/${endpoint}/versions/${random.chance(0.1) ? encoded(oddText(random)) : '1'}/infer`,
      { id: mark, inputs: [input], outputs: odd() ?? [{ name: 'y' }] },
    ],
    ['/invocations', { inputs: odd() ?? [rows] }],
    [
      `/endpoints/${endpoint}/invocations`,
      { dataframe_split: { columns: odd() ?? ['x'], data: odd() ?? [rows] } },
    ],
    ['/invocations', { dataframe_records: odd() ?? [{ x: odd() ?? rows }] }],
    ['/invocations', { instances: odd() ?? [{ x: rows }], params: odd() ?? {} }],
    [
      `/v1/models/${endpoint}:predict`,
      { instances: odd() ?? [rows], signature_name: odd() ?? 'serving_default' },
    ],
    [`/v2/models/${encoded(random.chance(0.1) ? oddText(random) : mark)}`, undefined],
    [`/v2/models/${endpoint}/${random.pick(['ready', 'stats', 'config', mark])}`, undefined],
    ['/v2/health/ready', undefined],
    [`/v2/repository/index`, { ready: odd() ?? true }],
  ]);
  const headers: Record<string, string> = random.chance(0.8)
    ? { ...JSON_TYPE }
    : {
        'content-type': random.pick([
          'text/csv',
          'application/octet-stream',
          'application/vnd.apache.parquet',
          'text/plain',
          'x',
        ]),
      };
  if (random.chance(0.1))
    headers['inference-header-content-length'] = random.pick(['0', '10', '-1', 'x', '999999']);
  if (random.chance(0.05)) headers['content-encoding'] = random.pick(['gzip', 'deflate', 'br', 'identity']);
  const method = body === undefined && random.chance(0.8) ? 'GET' : 'POST';
  const bytes = method === 'POST' ? spoilt(random, Buffer.from(JSON.stringify(body) ?? '')) : undefined;
  return {
    to,
    method,
    path: encodeURI(path.toWellFormed()).replaceAll('%25', '%'),
    headers,
    ...(bytes ? { body: bytes } : {}),
  };
}

const METHODS = [
  'ModelInfer',
  'ModelInfer',
  'ModelInfer',
  'ServerLive',
  'ServerReady',
  'ModelReady',
  'ServerMetadata',
  'ModelMetadata',
  'ModelConfig',
  'ModelStatistics',
  'RepositoryIndex',
  'ModelStreamInfer',
  'RepositoryModelLoad',
  'Nothing',
];

export function ofGrpc({ random, mark }: Values, endpoint: string, serial: number): Shot {
  const x = serial % 1_000_000;
  const spoil = random.chance(0.5);
  const message = new Writer()
    .text(1, spoil && random.chance(0.1) ? mark : endpoint)
    .text(3, mark)
    .message(5, (tensor) =>
      tensor
        .text(1, spoil && random.chance(0.2) ? mark : 'x')
        .text(2, spoil && random.chance(0.2) ? 'INT64' : 'FP32')
        .numbers(3, spoil && random.chance(0.2) ? [random.below(5), -1] : [1, 2]),
    )
    .chunk(7, Buffer.from(Float32Array.of(x, 1).buffer))
    .finish()
    .subarray(5); // its frame is made by whoever sends it
  const method = spoil ? random.pick(METHODS) : 'ModelInfer';
  return {
    to: 'grpc',
    method: 'POST',
    path: `/inference.GRPCInferenceService/${method}`,
    headers: {
      'content-type': spoil && random.chance(0.05) ? 'application/grpc+json' : 'application/grpc',
      ...(spoil && random.chance(0.1) ? { 'grpc-timeout': random.pick(['1m', '1S', 'x', '99999999H']) } : {}),
      ...(spoil && random.chance(0.1) ? { 'grpc-encoding': random.pick(['gzip', 'br', 'identity']) } : {}),
    },
    body: spoil ? spoilt(random, message) : message,
    ...(spoil ? {} : { sum: x + 1 }),
  };
}

/** Now and then bytes that are cut, changed, repeated or nested. */
function spoilt(random: Random, bytes: Buffer, odd = 0.15): Buffer {
  if (random.chance(1 - 2 * odd) || bytes.length === 0) return bytes;
  const at = random.below(bytes.length);
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1: {
      const other = Buffer.from(bytes);
      other[at] = random.below(256);
      return other;
    }
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes]);
    case 3:
      return Buffer.from('['.repeat(1 + random.below(20_000)));
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([random.below(256)]), bytes.subarray(at)]);
  }
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
/** Any text as a part of an address; halves of a pair have no bytes. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());
