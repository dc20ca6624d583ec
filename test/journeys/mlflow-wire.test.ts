import assert from 'node:assert/strict';
import test from 'node:test';
import { mlflowRoutes } from '../../src/faces/mlflow/index.ts';
import { get, json, newRun, post, send, type Answer } from './mlflow-raw.ts';

const runOf = async (id: string) =>
  (
    (await get(`/runs/get?run_id=${id}`)).body as {
      run: { data: Record<string, Array<{ key: string; value: unknown }>>; info: Record<string, unknown> };
    }
  ).run;

test('every call is there under both addresses, with its rule', () => {
  const paths = new Set(
    mlflowRoutes({ users: [], guards: [], artifactGuards: [] }).map(
      ({ endpoint }) => `${endpoint.method} ${endpoint.path}`,
    ),
  );
  const api = [...paths].filter((path) => / \/api\//.test(path));
  assert.ok(api.length > 40);
  for (const path of api) assert.ok(paths.has(path.replace(' /api/', ' /ajax-api/')), path);
  for (const { endpoint } of mlflowRoutes({ users: [], guards: [], artifactGuards: [] })) {
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

test('times before 1970 are kept as they were said, and everybody can read the run', async () => {
  const created = await post('/runs/create', { experiment_id: '0', start_time: -2 });
  const { run } = created.body as { run: { info: { run_id: string } } };
  const { run_id } = run.info;
  assert.equal((await post('/runs/update', { run_id, status: 'FINISHED', end_time: -1 })).status, 200);
  const { info } = await runOf(run_id);
  assert.deepEqual([info['start_time'], info['end_time']], [-2, -1]);
  const found = await send('POST', '/api/v1/runs/search', JSON.stringify({ experiments: ['0'] }), json);
  const { items } = found.body as { items: Array<{ id: string; started_at: number; ended_at?: number }> };
  const same = items.find(({ id }) => id === run_id);
  assert.deepEqual([found.status, same?.started_at, same?.ended_at], [200, -2, -1]);
  assert.equal((await post('/runs/delete', { run_id })).status, 200);
});

test('fields may be spelt as protobuf’s JSON spells them', async () => {
  const made = await post('/experiments/create', { name: 'camel', artifactLocation: '' });
  const experimentId = made.body['experiment_id'];
  const { body } = await post('/runs/create', { experimentId, runName: 'r', startTime: 5 });
  const { info } = body['run'] as { info: Record<string, unknown> };
  assert.deepEqual([info['experiment_id'], info['run_name'], info['start_time']], [experimentId, 'r', 5]);
  const runId = info['run_id'];
  await post('/runs/log-metric', { runUuid: runId, key: 'm', value: 1, timestamp: 1 });
  assert.deepEqual((await runOf(String(runId))).data['metrics'], [
    { key: 'm', value: 1, timestamp: 1, step: 0 },
  ]);
  assert.equal((await get(`/runs/get?runId=${String(runId)}`)).status, 200);
  const found = await post('/runs/search', { experimentIds: [experimentId], maxResults: 1 });
  assert.equal((found.body['runs'] as unknown[]).length, 1);
  const twice = await post('/runs/create', { experiment_id: '0', experimentId });
  assert.deepEqual([twice.status, twice.body['error_code']], [400, 'INVALID_PARAMETER_VALUE']);
});

test('a version whose run or files are another server’s registers, and claims nothing of them', async () => {
  await post('/registered-models/create', { name: 'moved' });
  const foreign = 'a'.repeat(32);
  for (const [source, run_id] of [
    [`runs:/${foreign}/model`, undefined],
    [`runs:/${foreign}/model`, foreign],
    [`mlflow-artifacts:/7/${foreign}/artifacts/model`, foreign],
    [`s3://bucket/7/${foreign}/artifacts/model`, foreign],
    ['s3://bucket/model', undefined],
  ] as const) {
    const { status, body } = await post('/model-versions/create', { name: 'moved', source, run_id });
    assert.equal(status, 200, JSON.stringify(body));
    const version = body['model_version'] as Record<string, unknown>;
    assert.equal(version['source'], source);
    assert.equal(version['run_id'] ?? undefined, source === 's3://bucket/model' ? undefined : foreign);
    const uri = await get(
      `/model-versions/get-download-uri?name=moved&version=${String(version['version'])}`,
    );
    assert.equal(uri.body['artifact_uri'], source);
  }
  for (const [source, run_id] of [
    ['runs:/../x', undefined],
    [`runs:/${foreign}/model`, 'b'.repeat(32)],
    ['s3://bucket/model', '../etc'],
    [`models:/m-${foreign}`, undefined],
  ] as const) {
    const refused = await post('/model-versions/create', { name: 'moved', source, run_id });
    assert.deepEqual([refused.status, refused.body['error_code']], [400, 'INVALID_PARAMETER_VALUE'], source);
  }
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
