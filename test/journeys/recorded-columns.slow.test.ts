import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:http2';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { Type } from 'typebox';
import { Writer } from '../../src/faces/inference/grpc/protobuf.ts';
import type { SqlResult } from '../../src/data/contract.ts';
import { commitVersion } from '../../src/data/index.ts';
import type { PredictionLineage } from '../../src/governance/contract.ts';
import { listEntries } from '../../src/ledger/index.ts';
import type { Monitor, MonitorWindow, OutcomesAdded } from '../../src/monitoring/contract.ts';
import { job } from '../../src/platform/jobs/index.ts';
import type { EndpointDetail, LiveMinute } from '../../src/serving/contract.ts';
import type { ServingTables } from '../../src/serving/schema.ts';
import { isSampled } from '../../src/serving/record-rules.ts';
import { runHere } from '../cli.ts';
import { openTest, type TestServer } from '../harness.ts';
import { linearOnnx, registerOnnx } from '../onnx-model.ts';
import { until } from '../until.ts';
import { apiOf } from './serving/api.ts';

const MONTH = 31 * 86_400_000;
/** Nothing else in a data folder has these bytes. */
const EMAIL = 'zq7someone@example.com';
const NAME = 'zq7Ada Somebody';
const KEY = 'zq7-customer-17';

const MLMODEL = `
artifact_path: model
flavors:
  onnx: {onnx_version: 1.19.0, data: model.onnx, providers: [CPUExecutionProvider]}
  python_function: {loader_module: mlflow.onnx, data: model.onnx, python_version: 3.11.2}
mlflow_version: 3.17.2
saved_input_example_info: {artifact_path: input_example.json, type: dataframe, pandas_orient: split}
signature:
  inputs: '[{"name": "x", "type": "float"}, {"name": "email", "type": "string"}, {"name": "name", "type": "string"}]'
  outputs: '[{"name": "y", "type": "float"}]'
`;

type Row = readonly [x: number, email: string, name: string];

const tensors = (rows: readonly Row[]): object[] => [
  { name: 'x', datatype: 'FP32', shape: [rows.length, 1], data: rows.map(([x]) => x) },
  { name: 'email', datatype: 'BYTES', shape: [rows.length, 1], data: rows.map(([, email]) => email) },
  { name: 'name', datatype: 'BYTES', shape: [rows.length, 1], data: rows.map(([, , name]) => name) },
];

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers.get('x-treadle-prediction')!;
}

async function overGrpc(address: string, endpoint: string, [x, email, name]: Row): Promise<void> {
  const text = (value: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(value));
    return Buffer.concat([length, Buffer.from(value)]);
  };
  const input = (of: string, type: string) => (tensor: Writer) =>
    tensor.text(1, of).text(2, type).numbers(3, [1, 1]);
  const body = new Writer()
    .text(1, endpoint)
    .message(5, input('x', 'FP32'))
    .message(5, input('email', 'BYTES'))
    .message(5, input('name', 'BYTES'))
    .chunk(7, Buffer.from(Float32Array.of(x).buffer))
    .chunk(7, text(email))
    .chunk(7, text(name))
    .finish();
  const session = connect(address);
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
      'x-treadle-key': KEY,
    });
    let told: unknown;
    for (const event of ['response', 'trailers'])
      stream.on(event, (headers: Record<string, unknown>) => (told = headers['grpc-status'] ?? told));
    stream.resume().end(body);
    await new Promise((resolve) => stream.on('close', resolve));
    assert.equal(told, '0');
  } finally {
    session.destroy();
  }
}

/** All bytes below a folder. */
const bytesBelow = (folder: string): Buffer[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => path.join(folder, file))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    .map((file) => readFileSync(file));

void test('what is said of columns and of a share holds from the planes to the story of a prediction', async (t) => {
  await using server = await openTest();
  for (const weight of [1, 2])
    await registerOnnx(server.ctx, 'people', linearOnnx([weight], 0, ['email', 'name']), {
      MLmodel: MLMODEL,
      'input_example.json': JSON.stringify({ columns: ['x', 'email', 'name'], data: [[1, 'a', 'b']] }),
    });
  const api = apiOf(server.url);
  await api.post('/api/v1/endpoints/people/revisions', {
    model: 'people',
    version: '1',
    shadow: { version: '2', percent: 100 },
    wait_s: 240,
  });
  await columns(t, server);
  await watched(t, server);
  await share(t, server);
  assert.deepEqual(server.errors, []);
});

const sqlOf =
  (server: TestServer) =>
  (query: string): Promise<SqlResult> =>
    apiOf(server.url).post<SqlResult>('/api/v1/data/sql', { query });

const patch = async (server: TestServer, body: object) => {
  const answer = await fetch(`${server.url}/api/v1/endpoints/people`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, said: (await answer.json()) as EndpointDetail & { error?: Refusal } };
};
interface Refusal {
  field?: string;
  message: string;
  hint?: string;
}

async function columns(t: TestContext, server: TestServer): Promise<void> {
  const sql = sqlOf(server);
  await t.test('a column that no model has is refused, with the names that there are', async () => {
    const { status, said } = await patch(server, { columns: { mail: 'drop' } });
    assert.equal(status, 400);
    assert.equal(said.error?.field, 'columns.mail');
    assert.match(said.error?.hint ?? '', /x, email, name, key, params/);
  });

  await t.test('it is said on the command line, and stands in the ledger with who and why', async () => {
    const command = 'endpoints people --drop name --hash email --hash key -m';
    const set = await runHere(server.url, ...command.split(' '), 'privacy review');
    assert.equal(set.code, 0, set.err);
    assert.match(set.err, /what was recorded before stays on disk as it is until .*30 days/);
    assert.match(set.out, /not recorded +name\nas hashes +email, key/);
    const { items } = await listEntries(server.ctx, { limit: 100 });
    const entry = items.find(({ action }) => action === 'endpoint.changed');
    assert.deepEqual(
      [entry?.reason, entry?.before, entry?.after],
      [
        'privacy review',
        { columns: { in_name: 'keep', in_email: 'keep', key: 'keep' } },
        { columns: { in_name: 'drop', in_email: 'hash', key: 'hash' } },
      ],
    );
  });

  await t.test('over each protocol nothing of it reaches the disk, and equal values are told', async () => {
    const row = [1, EMAIL, NAME] as const;
    const { endpoint } = await apiOf(server.url).get<EndpointDetail>('/api/v1/endpoints/people');
    await post(`${server.url}/v2/models/people/infer`, { inputs: tensors([row]) }, { 'x-treadle-key': KEY });
    await post(
      `${endpoint.address}/endpoints/people/invocations`,
      { dataframe_split: { columns: ['x', 'email', 'name'], data: [row] } },
      { 'x-treadle-key': KEY },
    );
    await overGrpc(endpoint.address, 'people', row);
    const { columns: found, rows } = await until('the shadow has answered, too', async () => {
      const all = await sql(
        "select *, count(*) over (partition by in_email, key, role) as alike from predictions('people') order by role",
      );
      return all.rows.length === 6 && all;
    });
    const at = (name: string): number => found.findIndex((one) => one.name === name);
    assert.equal(at('in_name'), -1);
    for (const one of rows) {
      assert.equal(one[at('alike')], 3);
      assert.match(String(one[at('key')]), /^[0-9a-f]{32}$/);
    }
    const hashes = rows.map((one) => String(one[at('in_email')]));
    assert.match(hashes[0]!, /^[0-9a-f]{32}$/);
    assert.deepEqual(
      hashes.slice(3),
      ['null', 'null', 'null'],
      'inputs lie with the answer that a shadow copies',
    );
    assert.doesNotMatch(JSON.stringify(rows), /zq7/);
    for (const bytes of bytesBelow(server.data)) assert.ok(!bytes.includes('zq7'));
  });
}

/** The window that goes on, looked at as if it were over; what was said of columns had been said before it began. */
async function watched(t: TestContext, server: TestServer): Promise<void> {
  const api = apiOf(server.url);
  const from = Math.floor(Date.now() / MONTH) * MONTH;
  const people = ['a@example.com', 'b@example.com', 'c@example.com'];
  const rows = (n: number): Row[] =>
    Array.from({ length: n }, (_, at) => [at % 7, people[at % 3]!, `name ${at % 5}`]);
  const csv = rows(1500).map((row) => row.join(','));
  const blob = await server.ctx.blobs.put(Buffer.from(`x,email,name\n${csv.join('\n')}\n`));
  await commitVersion(server.ctx, { dataset: 'people', files: [{ path: 'train.csv', ...blob }] });
  await post(`${server.url}/v2/models/people/infer`, { inputs: tensors(rows(600)) });
  const tables = server.ctx.db.$extendTables<ServingTables>();
  const { rules } = await tables.selectFrom('endpoint').select('rules').executeTakeFirstOrThrow();
  const earlier = (rules ?? '').replaceAll(/"since":\d+/g, '"since":1');
  await server.ctx.write((tx) =>
    tx.db.$extendTables<ServingTables>().updateTable('endpoint').set({ rules: earlier }).execute(),
  );

  await t.test('a monitor says not recorded, and compares hashes with the hashed reference', async () => {
    const set = await fetch(`${server.url}/api/v1/endpoints/people/monitor`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ window_ms: MONTH, label_delay_ms: MONTH, reference: 'people@v1' }),
    });
    assert.equal(set.status, 200, await set.text());
    const { id } = await api.get<Monitor>('/api/v1/endpoints/people/monitor');
    const look = job({
      name: 'monitor.look',
      payload: Type.Object({}, { additionalProperties: true }),
      run: () => Promise.resolve(),
    });
    await server.ctx.write((tx) => tx.enqueue(look, { monitor: id, generation: 1, from }));
    const found = await until('the window is looked at', async () => {
      const { items } = await api.get<{ items: MonitorWindow[] }>('/api/v1/endpoints/people/monitor/windows');
      return items[0];
    });
    const of = (signal: string, column?: string) =>
      found.signals.find((one) => one.signal === signal && one.column === column);
    assert.deepEqual(
      [found.problem, of('columns')?.state, of('columns')?.reason],
      [undefined, 'ok', 'all columns of the reference are there'],
    );
    assert.deepEqual(
      ['in_x', 'in_email', 'in_name'].map((column) => of('drift', column)?.state),
      ['ok', 'ok', 'not_recorded'],
    );
    // Those of the three callers of before, whom the reference does not know.
    const unseen = of('unseen', 'in_email')?.evidence;
    assert.deepEqual([unseen?.['count'], unseen?.['rows'], unseen?.['reference_rows']], [3, 603, 1500]);
    assert.equal(found.signals.filter(({ column }) => column === 'in_name').length, 1);
    const { items } = await api.get<{ items: unknown[] }>('/api/v1/alerts?endpoint=people');
    assert.deepEqual(items, []);
  });
}

async function share(t: TestContext, server: TestServer): Promise<void> {
  const api = apiOf(server.url);
  const sql = sqlOf(server);
  await t.test('a share is recorded by the ids, all of it is counted, and outcomes are told so', async () => {
    const [[before]] = (
      await sql("select count(distinct prediction) from predictions('people') where role = 'primary'")
    ).rows as [[number]];
    assert.equal((await patch(server, { sample: 0.5 })).said.endpoint.sample, 0.5);
    const asked: string[] = [];
    for (let n = 0; n < 24; n++)
      asked.push(await post(`${server.url}/v2/models/people/infer`, { inputs: tensors([[1, 'a', 'b']]) }));
    const kept = asked.filter((id) => isSampled(id, 0.5));
    const { rows, notes } = await until('what was asked is recorded', async () => {
      const found = await sql("select distinct prediction from predictions('people') where role = 'primary'");
      return found.rows.length >= before + kept.length && found;
    });
    assert.equal(rows.length, before + kept.length);
    const ids = new Set(rows.map(([id]) => id));
    assert.ok(kept.every((id) => ids.has(id)));
    assert.match(notes?.[0] ?? '', /50 % to 100 % are recorded/);
    const { items } = await api.get<{ items: LiveMinute[] }>('/api/v1/endpoints/people/minutes');
    const requests = items.flatMap(({ variants }) =>
      variants.flatMap((one) => (one.role === 'champion' ? [one.requests] : [])),
    );
    assert.equal(
      requests.reduce((sum, one) => sum + one, 0),
      before + asked.length,
    );
    const left = asked.filter((id) => !isSampled(id, 0.5));
    const added = await api.post<OutcomesAdded>('/api/v1/endpoints/people/outcomes', {
      outcomes: asked.map((prediction) => ({ prediction, value: 1 })),
    });
    assert.deepEqual([added.accepted, added.refused], [asked.length, []]);
    assert.match(added.warnings?.[0] ?? '', new RegExp(`^${left.length} predictions .*\\(sampling\\)`));
    const story = (id: string) => api.get<PredictionLineage>(`/api/v1/predictions/${id}/lineage`);
    assert.match((await story(left[0]!)).gaps[0]!, /^record: not recorded: .* 50 %/);
    assert.match(
      (await story(kept[0]!)).gaps.join('\n'),
      /in_name not recorded.*\n.*in_email, key recorded as/,
    );
  });
}
