import assert from 'node:assert/strict';
import test from 'node:test';
import { mlflowCalls } from '../mlflow-calls.ts';
import { get, json, newRun, post, send, type Answer } from './mlflow-raw.ts';

const runOf = async (id: string) =>
  (
    (await get(`/runs/get?run_id=${id}`)).body as {
      run: { data: Record<string, Array<{ key: string; value: unknown }>>; info: Record<string, unknown> };
    }
  ).run;

test('every call is there under both addresses, with its rule', () => {
  const paths = new Set(mlflowCalls().map(({ method, path }) => `${method} ${path}`));
  const api = [...paths].filter((path) => / \/api\//.test(path));
  assert.ok(api.length > 40);
  for (const path of api) assert.ok(paths.has(path.replace(' /api/', ' /ajax-api/')), path);
  for (const endpoint of mlflowCalls()) {
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
    assert.equal(version['run_id'], source === 's3://bucket/model' ? '' : foreign);
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
      400,
      'INVALID_PARAMETER_VALUE',
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

test('what MLflow’s own server takes, this one takes', async () => {
  const made = await post('/runs/create', {
    experiment_id: '0',
    run_name: 'n'.repeat(300),
    tags: [{ key: 'free key ü!', value: 'y' }],
  });
  const { info } = (made.body as { run: { info: Record<string, string> } }).run;
  const run_id = info['run_id']!;
  assert.equal(info['run_name'], 'n'.repeat(300));
  assert.deepEqual((await runOf(run_id)).data['tags']?.[0], { key: 'free key ü!', value: 'y' });

  const logged = await post('/logged-models', {
    experiment_id: '0',
    name: 'clf',
    source_run_id: 'e'.repeat(32),
    params: [{ key: 'signature of ü!', value: 'v'.repeat(7000) }],
  });
  const model = (logged.body as { model: { info: Record<string, unknown> } }).model.info;
  assert.deepEqual([logged.status, model['source_run_id'], model['model_type']], [200, 'e'.repeat(32), '']);
  const model_id = String(model['model_id']);
  await post('/registered-models/create', { name: 'noted' });
  for (const version of [1, 2]) {
    const { body } = await post('/model-versions/create', { name: 'noted', source: `models:/${model_id}` });
    const { run_link, description } = body['model_version'] as Record<string, unknown>;
    assert.deepEqual([run_link, description], ['', ''], `what was not said of version ${version} is no None`);
  }
  const { tags } = ((await get(`/logged-models/${model_id}`)).body as { model: { info: { tags: unknown } } })
    .model.info;
  assert.deepEqual(tags, [
    {
      key: 'mlflow.modelVersions',
      value: '[{"name": "noted", "version": 1}, {"name": "noted", "version": 2}]',
    },
  ]);

  const dataset = { name: 'd', digest: 'x', source_type: 'local', source: 's' };
  for (const value of ['train', 'eval'])
    await post('/runs/log-inputs', {
      run_id,
      datasets: [{ tags: [{ key: 'mlflow.data.context', value }], dataset }],
    });
  const read = (await get(`/runs/get?run_id=${run_id}`)).body as {
    run: { inputs: { dataset_inputs: Array<{ tags: Array<{ value: string }> }> } };
  };
  assert.deepEqual(
    read.run.inputs.dataset_inputs.map((one) => one.tags[0]?.value),
    ['train'],
  );
  const summaries = await post('/experiments/search-datasets', { experiment_ids: ['0'] });
  assert.deepEqual(summaries.body, {
    dataset_summaries: [{ experiment_id: '0', name: 'd', digest: 'x', context: 'train' }],
  });

  const model_json = {
    artifact_path: 'm',
    flavors: { sklearn: { config: 1, a: 'ü' } },
    utc_time_created: 't',
    run_id,
  };
  for (const artifact_path of ['one', 'two'])
    assert.equal(
      (
        await post('/runs/log-model', {
          run_id,
          model_json: JSON.stringify({ ...model_json, artifact_path }),
        })
      ).status,
      200,
    );
  const history = (await runOf(run_id)).data['tags']?.find(({ key }) => key === 'mlflow.log-model.history');
  assert.equal(
    history?.value,
    ['one', 'two']
      .map(
        (path) =>
          `{"run_id": "${run_id}", "artifact_path": "${path}", "utc_time_created": "t", "model_uuid": null, "flavors": {"sklearn": {"a": "\\u00fc"}}}`,
      )
      .join(', ')
      .replace(/.*/s, (all) => `[${all}]`),
  );
});

test('histories of several runs keep what is not finite, and pages larger than ours are taken', async () => {
  const [a, b] = [await newRun(), await newRun()];
  for (const [run_id, value, step] of [
    [a, 1, 0],
    [a, 'NaN', 1],
    [a, '-Infinity', 2],
    [b, 3, 0],
  ] as const)
    await post('/runs/log-metric', { run_id, key: 'm', value, timestamp: 7, step });
  const points = [
    { key: 'm', value: 1, timestamp: 7, step: 0, run_id: a },
    { key: 'm', value: 'NaN', timestamp: 7, step: 1, run_id: a },
    { key: 'm', value: -Number.MAX_VALUE, timestamp: 7, step: 2, run_id: a },
    { key: 'm', value: 3, timestamp: 7, step: 0, run_id: b },
  ];
  const interval = await get(`/metrics/get-history-bulk-interval?run_ids=${a}&run_ids=${b}&metric_key=m`);
  assert.deepEqual(interval.body['metrics'], points);
  const bulk = await get(`/metrics/get-history-bulk?run_id=${a}&run_id=${b}&run_id=nobody&metric_key=m`);
  const byStep = (list: unknown) =>
    (list as typeof points).toSorted(
      (one, other) => one.run_id.localeCompare(other.run_id) || one.step - other.step,
    );
  assert.deepEqual(byStep(bulk.body['metrics']), byStep(points));
  assert.equal((await get(`/metrics/get-history?run_id=${a}&metric_key=m&max_results=1000000`)).status, 200);
  assert.equal(
    (await get(`/metrics/get-history-bulk-interval?run_ids=${a}&metric_key=m&start_step=1`)).status,
    400,
  );
  assert.equal(
    (await post('/logged-models/search', { experiment_ids: ['0'], max_results: 5000 })).status,
    200,
  );
});

test('a filter may quote numbers and keys, leave AND out, and say OR, NOT and parentheses', async () => {
  const { body } = await post('/experiments/create', { name: 'filters' });
  const experiment_id = String(body['experiment_id']);
  for (const [name, lr] of [
    ['one', '1'],
    ['two', '2'],
    ['three', undefined],
  ] as const) {
    const run = await post('/runs/create', { experiment_id, run_name: name, start_time: 1 });
    const { run_id } = (run.body as { run: { info: { run_id: string } } }).run.info;
    if (lr !== undefined) await post('/runs/log-parameter', { run_id, key: 'l r', value: lr });
  }
  for (const [filter, names] of [
    ["params.'l r' = '1'", ['one']],
    ['AND params."l r" = \'1\' AND', ['one']],
    ["params.`l r` = '1' run_name = 'one'", ['one']],
    ["NOT params.`l r` = '1'", ['three', 'two']],
    ["NOT (params.`l r` = '1' OR run_name = 'three')", ['two']],
    ["params.`l r` = '2' OR run_name = 'three' AND NOT NOT status = 'RUNNING'", ['three', 'two']],
  ] as const) {
    const found = await post('/runs/search', { experiment_ids: [experiment_id], filter });
    const runs = (found.body['runs'] ?? []) as Array<{ info: { run_name: string } }>;
    assert.deepEqual(runs.map(({ info }) => info.run_name).toSorted(), names, filter);
  }
  for (const filter of [`experiment_id = '${experiment_id}'`, `experiment_id IN ('${experiment_id}')`]) {
    const found = await post('/experiments/search', { max_results: 5, filter });
    assert.deepEqual(
      (found.body['experiments'] as Array<{ name: string }>).map(({ name }) => name),
      ['filters'],
    );
  }
  assert.equal(
    (await get(`/model-versions/search?filter=${encodeURIComponent("version_number = '1'")}`)).status,
    200,
  );
});

test('an address under another method, a body on GET, HEAD, and what there is not', async () => {
  const id = await newRun();
  const other = await get('/runs/create');
  assert.deepEqual(
    [other.status, other.headers['allow'], other.body['error_code']],
    [405, 'POST', 'ENDPOINT_NOT_FOUND'],
  );
  assert.equal(
    (await send('PUT', '/ajax-api/2.0/mlflow/logged-models/m-1')).headers['allow'],
    'GET, PATCH, DELETE',
  );
  const asked = await send('GET', '/api/2.0/mlflow/runs/get', JSON.stringify({ run_id: id }), json);
  assert.equal(asked.status, 200, 'MLflow reads the body of a GET');
  const head = await send('HEAD', `/api/2.0/mlflow/runs/get?run_id=${id}`);
  assert.deepEqual(
    [head.status, head.text, head.headers['content-type']],
    [200, '', 'application/json; charset=utf-8'],
  );
  const nothing = await get('/wheels/get');
  assert.deepEqual([nothing.status, nothing.body['error_code']], [404, 'ENDPOINT_NOT_FOUND']);
  for (const [method, path, status, code] of [
    ['POST', '/api/2.0/mlflow-artifacts/mpu/create/0/x', 501, 'NOT_IMPLEMENTED'],
    ['POST', '/api/2.0/mlflow-artifacts/mpu/complete/0/x', 501, 'NOT_IMPLEMENTED'],
    ['POST', '/api/2.0/mlflow-artifacts/mpu/abort/0/x', 501, 'NOT_IMPLEMENTED'],
    ['GET', '/api/2.0/mlflow-artifacts/presigned/0/x', 501, 'NOT_IMPLEMENTED'],
    ['POST', '/api/2.0/mlflow/artifacts/presigned-upload-url', 400, 'INVALID_PARAMETER_VALUE'],
    ['POST', '/api/2.0/mlflow/artifacts/presigned-download-url', 400, 'INVALID_PARAMETER_VALUE'],
  ] as const) {
    const { status: got, body } = await send(method, path, method === 'POST' ? '{}' : undefined, json);
    assert.deepEqual([got, body['error_code']], [status, code], path);
  }
});

test('users, what they are permitted, and workspaces, by MLflow’s calls', async () => {
  const api = (method: string, path: string, body?: unknown) =>
    send(method, `/api/${path}`, body === undefined ? undefined : JSON.stringify(body), json);
  const made = await api('POST', '2.0/mlflow/users/create', {
    username: 'Cara',
    password: 'four words nobody joins',
  });
  const { id } = (made.body as { user: { id: string } }).user;
  assert.deepEqual(made.body['user'], { id, username: 'cara', is_admin: false }, made.text);
  assert.deepEqual((await get('/users/get?username=cara')).body, made.body);
  const current = (await get('/users/current')).body as { user: { is_admin: boolean } };
  assert.equal(current.user.is_admin, true);
  const { body } = await post('/experiments/create', { name: 'permitted' });
  const on = { username: 'cara', resource_type: 'experiment', resource_id: String(body['experiment_id']) };
  const permitted = async () =>
    (await send('GET', `/api/3.0/mlflow/users/permissions/get?${new URLSearchParams(on).toString()}`)).body[
      'permission'
    ];
  assert.equal(await permitted(), 'NO_PERMISSIONS');
  for (const permission of ['READ', 'MANAGE', 'EDIT']) {
    const granted = await api('POST', '3.0/mlflow/users/permissions/grant', { ...on, permission });
    assert.equal(granted.status, 200, granted.text);
    assert.equal(await permitted(), permission, 'one takes the place of the one before');
  }
  const denied = await api('POST', '3.0/mlflow/users/permissions/grant', {
    ...on,
    permission: 'NO_PERMISSIONS',
  });
  assert.equal(denied.status, 400);
  assert.equal((await api('DELETE', '3.0/mlflow/users/permissions/revoke', on)).status, 200);
  assert.equal((await api('DELETE', '3.0/mlflow/users/permissions/revoke', on)).status, 404);
  const admin = (is_admin: boolean) =>
    api('PATCH', '2.0/mlflow/users/update-admin', { username: 'cara', is_admin });
  await admin(true);
  assert.equal(((await get('/users/get?username=cara')).body as typeof current).user.is_admin, true);
  await admin(false);
  const weak = await api('PATCH', '2.0/mlflow/users/update-password', { username: 'cara', password: 'x' });
  assert.equal(weak.status, 400);
  assert.equal((await api('POST', '3.0/mlflow/roles/create', { name: 'x' })).status, 501);
  assert.equal((await api('POST', '3.0/mlflow/workspaces', { name: 'team-a' })).status, 200);
  assert.equal((await api('POST', '3.0/mlflow/workspaces', { name: 'Team A' })).status, 400);
  assert.deepEqual((await send('GET', '/api/3.0/mlflow/workspaces')).body, {
    workspaces: [{ name: 'default' }, { name: 'team-a' }],
  });
  assert.equal((await send('GET', '/api/3.0/mlflow/workspaces/nobody')).status, 404);
  assert.equal((await api('DELETE', '2.0/mlflow/users/delete', { username: 'cara' })).status, 200);
  assert.equal((await get('/users/get?username=cara')).status, 404);
});
