import assert from 'node:assert/strict';
import { request } from 'node:http';
import test, { after, before } from 'node:test';
import { commitVersion } from '../../src/data/index.ts';
import { mlflowRoutes } from '../../src/faces/mlflow/index.ts';
import { openTest, type TestServer } from '../harness.ts';

let server: TestServer;
before(async () => void (server = await openTest()));
after(async () => {
  assert.deepEqual(server.errors, [], 'no caller’s mistake is an error of ours');
  await server[Symbol.asyncDispose]();
});

interface Answer {
  status: number;
  body: Record<string, unknown>;
  text: string;
  headers: Record<string, string | string[] | undefined>;
}

/** The path goes out exactly as written: `fetch` would tidy it up. */
function send(
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const sent = request(
      {
        hostname,
        port,
        method,
        path,
        headers: {
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          let parsed: Record<string, unknown> = {};
          try {
            parsed = JSON.parse(text) as Record<string, unknown>;
          } catch {
            // Not JSON: the test looks at the text.
          }
          resolve({ status: response.statusCode ?? 0, body: parsed, text, headers: response.headers });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const json = { 'content-type': 'application/json' };
const post = (path: string, body: unknown) =>
  send('POST', `/api/2.0/mlflow${path}`, JSON.stringify(body), json);
const get = (path: string) => send('GET', `/api/2.0/mlflow${path}`);

async function newRun(): Promise<string> {
  const { body } = await post('/runs/create', { experiment_id: '0', start_time: 5 });
  return (body as { run: { info: { run_id: string } } }).run.info.run_id;
}
const runOf = async (id: string) =>
  (
    (await get(`/runs/get?run_id=${id}`)).body as {
      run: { data: Record<string, Array<{ key: string; value: unknown }>>; info: Record<string, unknown> };
    }
  ).run;

test('every call is there under both addresses, with its rule', () => {
  const paths = new Set(mlflowRoutes.map(({ endpoint }) => `${endpoint.method} ${endpoint.path}`));
  const api = [...paths].filter((path) => / \/api\//.test(path));
  assert.ok(api.length > 40);
  for (const path of api) assert.ok(paths.has(path.replace(' /api/', ' /ajax-api/')), path);
  for (const { endpoint } of mlflowRoutes) {
    const open = endpoint.action === 'public';
    const known =
      /^\/version$|server-info$|\/\*$/.test(endpoint.path) && !endpoint.path.includes('mlflow-artifacts');
    assert.ok(!open || known, `${endpoint.path} is open to all`);
  }
});

test('a body may be encoded twice, empty, hold unknown fields, older names and numbers as text', async () => {
  const id = await newRun();
  const metric = { run_uuid: id, key: 'm', value: '2.5', timestamp: '7', step: '3', colour: 'blue' };
  assert.deepEqual(
    (await send('POST', '/api/2.0/mlflow/runs/log-metric', JSON.stringify(JSON.stringify(metric)), json))
      .body,
    {},
  );
  assert.deepEqual(
    (
      await send(
        'POST',
        '/ajax-api/2.0/mlflow/runs/log-metric',
        JSON.stringify({ ...metric, key: 'n', value: 'NaN' }),
        json,
      )
    ).body,
    {},
  );
  assert.deepEqual((await runOf(id)).data['metrics'], [
    { key: 'm', value: 2.5, timestamp: 7, step: 3 },
    { key: 'n', value: 'NaN', timestamp: 7, step: 3 },
  ]);
  const found = await send('POST', '/api/2.0/mlflow/experiments/search', '', json);
  assert.equal(found.status, 200);
  assert.equal((found.body['experiments'] as unknown[]).length, 1);
  assert.deepEqual(
    (await post('/runs/search', { experiment_ids: ['0'], filter: "run_name = 'nobody'" })).body,
    {},
    'an empty answer is {}',
  );
  assert.deepEqual((await post('/runs/search', { experiment_ids: [] })).body, {});
});

test('a wrong request has MLflow’s code, and never a status that makes its client try again', async () => {
  const id = await newRun();
  const long = 'k'.repeat(251);
  const cases: Array<[string, () => Promise<Answer>, number, string]> = [
    ['no run', () => get('/runs/get?run_id=nope'), 404, 'RESOURCE_DOES_NOT_EXIST'],
    ['no id', () => get('/runs/get'), 400, 'INVALID_PARAMETER_VALUE'],
    [
      'empty body',
      () => send('POST', '/api/2.0/mlflow/runs/log-metric', '', json),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'not JSON',
      () => send('POST', '/api/2.0/mlflow/runs/log-metric', '{', json),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    ['a list', () => post('/runs/log-metric', [1]), 400, 'INVALID_PARAMETER_VALUE'],
    [
      'text/plain',
      () => send('POST', '/api/2.0/mlflow/runs/log-metric', '{}', { 'content-type': 'text/plain' }),
      400,
      'BAD_REQUEST',
    ],
    [
      'a word for a number',
      () => post('/runs/log-metric', { run_id: id, key: 'm', value: 'high', timestamp: 1 }),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'a broken step',
      () => post('/runs/log-metric', { run_id: id, key: 'm', value: 1, timestamp: 1, step: 1.5 }),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'a step past all numbers',
      () =>
        post('/runs/log-metric', {
          run_id: id,
          key: 'm',
          value: 1,
          timestamp: 1,
          step: '99999999999999999999',
        }),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'a long key',
      () => post('/runs/set-tag', { run_id: id, key: long, value: 'x' }),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'a NUL',
      () => post('/runs/set-tag', { run_id: id, key: 'a', value: 'x\u0000y' }),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'a status that is none',
      () => post('/runs/update', { run_id: id, status: 'DANCING' }),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    ['a taken name', () => post('/experiments/create', { name: 'Default' }), 400, 'RESOURCE_ALREADY_EXISTS'],
    ['no name', () => post('/experiments/create', {}), 400, 'INVALID_PARAMETER_VALUE'],
    [
      'renaming what is not there',
      () => post('/experiments/update', { experiment_id: '99', new_name: 'x' }),
      404,
      'RESOURCE_DOES_NOT_EXIST',
    ],
    [
      'an id that is no number',
      () => get('/experiments/get?experiment_id=abc'),
      404,
      'RESOURCE_DOES_NOT_EXIST',
    ],
    [
      'too many results',
      () => post('/runs/search', { experiment_ids: ['0'], max_results: 50_001 }),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'a bad filter',
      () => post('/runs/search', { experiment_ids: ['0'], filter: 'metrics.a >' }),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'a bad order',
      () => post('/runs/search', { experiment_ids: ['0'], order_by: ['metrics.a UPWARDS'] }),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'a bad token',
      () => post('/runs/search', { experiment_ids: ['0'], page_token: 'eyJvZmZzZXQiOiAyfQ==' }),
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'no artifact',
      () => send('GET', '/api/2.0/mlflow-artifacts/artifacts/0/nope/artifacts/x'),
      404,
      'RESOURCE_DOES_NOT_EXIST',
    ],
    [
      'no such call',
      () => send('POST', '/api/3.0/mlflow/gateway/secrets/create', '{}', json),
      404,
      'ENDPOINT_NOT_FOUND',
    ],
    [
      'parts',
      () => send('POST', '/api/2.0/mlflow-artifacts/mpu/create/0/a/b', '{}', json),
      501,
      'NOT_IMPLEMENTED',
    ],
  ];
  for (const [name, act, status, code] of cases) {
    const { status: got, body } = await act();
    assert.deepEqual([got, body['error_code']], [status, code], `${name}: ${JSON.stringify(body)}`);
    assert.ok(String(body['message']).length > 10, `${name} says what was wrong`);
  }
  assert.deepEqual((await runOf(id)).data['metrics'], undefined, 'nothing half-written');
});

test('what MLflow’s own server does wrong is not repeated', async () => {
  const { body } = await post('/experiments/create', { name: 'to rename' });
  const experiment_id = String(body['experiment_id']);
  assert.equal(
    (await post('/experiments/update', { experiment_id, new_name: 'Default' })).body['error_code'],
    'RESOURCE_ALREADY_EXISTS',
  );
  await post('/experiments/delete', { experiment_id });
  assert.equal(
    (await post('/experiments/update', { experiment_id, new_name: 'x' })).body['error_code'],
    'INVALID_PARAMETER_VALUE',
  );
  const id = await newRun();
  await post('/runs/log-metric', { run_id: id, key: 'm', value: 1, timestamp: 1 });
  assert.equal(
    ((await get(`/metrics/get-history?run_id=${id}&metric_key=m`)).body['metrics'] as unknown[]).length,
    1,
  );
  assert.equal((await send('POST', '/api/2.0/mlflow/experiments/search', '{}', json)).status, 200);
  assert.equal(
    (await post('/runs/search', { experiment_ids: ['0'], order_by: ['metrics.m', 'metrics.m DESC'] })).status,
    200,
  );
});

test('the server says what it is', async () => {
  assert.match((await send('GET', '/version')).text, /^\d+\.\d+\.\d+$/);
  assert.equal((await send('GET', '/health')).status, 200);
  assert.equal((await send('GET', '/api/3.0/mlflow/server-info')).body['store_type'], 'SqlStore');
});

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';

test('artifacts: bytes in and out, parts of them, lists, and gone', async () => {
  const id = await newRun();
  const root = `${PROXY}/0/${id}/artifacts`;
  const bytes = Buffer.from('0123456789');
  assert.equal(
    (await send('PUT', `${root}/d/a%20b%25.txt`, bytes, { 'content-type': 'text/plain' })).status,
    200,
  );
  assert.equal((await send('PUT', `${root}/d/empty`, Buffer.alloc(0))).status, 200);
  const whole = await send('GET', `${root}/d/a%20b%25.txt`);
  assert.equal(whole.text, '0123456789');
  assert.match(String(whole.headers['content-disposition']), /^attachment/);
  assert.equal(whole.headers['content-type'], 'text/plain');
  for (const [range, status, text] of [
    ['bytes=2-4', 206, '234'],
    ['bytes=-3', 206, '789'],
    ['bytes=8-99', 206, '89'],
    ['bytes=50-60', 200, '0123456789'],
    ['lines=1-2', 200, '0123456789'],
  ] as const) {
    const part = await send('GET', `${root}/d/a%20b%25.txt`, undefined, { range });
    assert.deepEqual([part.status, part.text], [status, text], range);
  }
  assert.deepEqual((await send('GET', `${PROXY}?path=0/${id}/artifacts/d`)).body, {
    files: [
      { path: 'a b%.txt', is_dir: false, file_size: 10 },
      { path: 'empty', is_dir: false, file_size: 0 },
    ],
  });
  assert.deepEqual((await send('GET', `${PROXY}?path=0/${id}/artifacts/d/empty`)).body, {});
  assert.equal((await send('GET', `${root}/d`)).status, 404, 'a folder is not a file');
  assert.equal((await send('PUT', `${root}/d`, bytes)).status, 400, 'a file cannot stand where a folder is');
  assert.equal((await send('PUT', `${root}/d/empty/below`, bytes)).status, 400, 'nor lie in a file');
  assert.equal((await send('DELETE', `${root}/d`)).status, 200);
  assert.deepEqual(
    (await send('GET', `${PROXY}?path=0/${id}`)).body,
    {},
    'folders that became empty are gone too',
  );
});

test('an upload that breaks off leaves nothing', async () => {
  const id = await newRun();
  const { hostname, port } = new URL(server.url);
  const path = `${PROXY}/0/${id}/artifacts/half.bin`;
  await new Promise<void>((resolve) => {
    const cut = request({ hostname, port, method: 'PUT', path, headers: { 'content-length': '1000000' } });
    cut.on('error', () => resolve());
    cut.write(Buffer.alloc(100_000), () => setTimeout(() => cut.destroy(), 50));
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal((await send('GET', path)).status, 404);
  server.errors.length = 0; // a connection that breaks is worth a line in the log
});

/** Spellings of ways out, as their senders wrote them. */
const HOSTILE = [
  '..', '../x', '../../etc/passwd', 'a/../../x', 'a/..', '%2e%2e/x', '%2e%2e%2fx', '..%2fx', '%252e%252e/x', '%252e%252e%252fx', '%25252e%25252e/x',
  '..%5cx', '..\\x', 'a\\b', 'a%5cb', '%2fetc/passwd', '%252fetc', 'C:/x', 'C%3a/x', 'c%3A%5Cx', 'a%00b', 'a%2500b', 'a%0ab', 'a%23b', 'a%2523/../b', './x', 'a/./b', 'a/%2e/b',
  '%c0%ae%c0%ae/x', 'a//b', '%2f%2fhost/share', '%e2%80%aeexe.txt', '%252e%252e%255cx', `${'x'.repeat(300)}`,
]; // prettier-ignore

test('hostile spellings of a path are refused in every call that takes one', async () => {
  const id = await newRun();
  const before = await server.ctx.db
    .selectFrom('artifact' as never)
    .selectAll()
    .execute();
  for (const spelling of HOSTILE) {
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const path = `${PROXY}/0/${id}/artifacts/${spelling}`;
      const { status, body } = await send(method, path, method === 'PUT' ? Buffer.from('x') : undefined);
      assert.ok(status === 400 || status === 404, `${method} ${spelling}: ${status}`);
      assert.ok(
        'error_code' in body || 'error' in body,
        `${method} ${spelling} is answered in JSON: ${JSON.stringify(body)}`,
      );
    }
    if (/%c0/.test(spelling)) continue; // a query cannot carry it as text
    for (const path of [
      `${PROXY}?path=${encodeURIComponent(decodeURIComponent(spelling))}`,
      `/api/2.0/mlflow/artifacts/list?run_id=${id}&path=${encodeURIComponent(decodeURIComponent(spelling))}`,
    ]) {
      const { status, body } = await send('GET', path);
      assert.ok(status === 400 || (status === 200 && body['files'] === undefined), `${path}: ${status}`);
    }
  }
  assert.deepEqual(
    await server.ctx.db
      .selectFrom('artifact' as never)
      .selectAll()
      .execute(),
    before,
    'no row came of it',
  );
});

test('what clients write as a place is kept as they wrote it and never opened', async () => {
  for (const artifact_location of ['s3://bucket/x', 'file:///etc', 'https://127.0.0.1:1/x']) {
    const { body } = await post('/experiments/create', {
      name: `at ${artifact_location}`,
      artifact_location,
    });
    const experiment = (await get(`/experiments/get?experiment_id=${String(body['experiment_id'])}`)).body[
      'experiment'
    ] as { artifact_location: string };
    assert.equal(experiment.artifact_location, artifact_location);
    const run = (
      (await post('/runs/create', { experiment_id: body['experiment_id'] })).body as {
        run: { info: { artifact_uri: string; run_id: string } };
      }
    ).run.info;
    assert.equal(run.artifact_uri, `${artifact_location}/${run.run_id}/artifacts`);
    assert.equal((await get(`/artifacts/list?run_id=${run.run_id}`)).status, 400);
  }
  for (const artifact_location of [
    'file:///a/../b',
    's3://a#../b',
    's3://a/%2e%2e/b',
    's3://a?x=../b',
    's3://a\u0000',
  ]) {
    assert.equal(
      (
        await post('/experiments/create', {
          name: `bad ${artifact_location.replaceAll('\u0000', '0')}`,
          artifact_location,
        })
      ).status,
      400,
      artifact_location,
    );
  }
});

test('a dataset that a client logs is linked to the version of ours that it names', async () => {
  const { hash, size } = await server.ctx.blobs.put(Buffer.from('date,delay\n2001-01-01,5\n'));
  const { version } = await commitVersion(server.ctx, {
    dataset: 'flights',
    files: [{ path: 'a.csv', hash, size }],
  });
  const id = await newRun();
  const log = (name: string, digest: string, source: string) =>
    post('/runs/log-inputs', {
      run_id: id,
      datasets: [{ dataset: { name, digest, source_type: 'http', source: JSON.stringify({ uri: source }) } }],
    });
  await log('flights@v1', 'd1', '/tmp/a.csv');
  await log('by address', 'd2', 'treadle://flights@main/a.csv');
  await log('flights', version.hash.slice(0, 36), '/tmp/a.csv');
  await log('flights', 'd4', '/tmp/other.csv');
  await log('../@', '%', 'treadle://@');
  const run = JSON.parse((await send('GET', `/api/v1/runs/${id}`)).text) as {
    inputs: Array<{ digest: string; version?: string; version_ref?: string }>;
  };
  const linked = Object.fromEntries(run.inputs.map((input) => [input.digest, input.version_ref]));
  assert.deepEqual(linked, {
    d1: 'flights@v1',
    d2: 'flights@v1',
    [version.hash.slice(0, 36)]: 'flights@v1',
    d4: undefined,
    '%': undefined,
  });
  assert.ok(run.inputs.filter((input) => input.version === version.id).length === 3);
  const edges = await server.ctx.db
    .selectFrom('lineage_edge' as never)
    .selectAll()
    .execute();
  assert.ok(JSON.stringify(edges).includes(`dataset_version:${version.id}`), 'and the ledger holds the edge');
});
