import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { openTest, type TestServer } from '../../test/harness.ts';

/** The native endpoints over HTTP, their answers checked against the contract by the server itself. */
let server: TestServer;
before(async () => void (server = await openTest()));
after(async () => {
  assert.deepEqual(server.errors, []);
  await server[Symbol.asyncDispose]();
});

type Json = { [key: string]: unknown };

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: (await response.json()) as Json };
}
const ok = async (method: string, path: string, body?: unknown): Promise<Json> => {
  const answer = await call(method, path, body);
  assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};

test('experiments: made, listed with their counts, changed, deleted, restored', async () => {
  const made = await ok('POST', '/experiments', { name: 'native', note: 'why', tags: { a: 'b' } });
  const id = String(made['id']);
  await ok('POST', '/runs', { experiment: id, name: 'r' });
  const listed = (await ok('GET', `/experiments?filter=${encodeURIComponent("tags.a = 'b'")}&order=name`))[
    'items'
  ] as Json[];
  assert.deepEqual(
    listed.map(({ name, runs, running }) => [name, runs, running]),
    [['native', 1, 1]],
  );
  assert.equal(
    (await ok('PATCH', `/experiments/${id}`, { name: 'renamed', note: 'because' }))['note'],
    'because',
  );
  assert.equal((await ok('DELETE', `/experiments/${id}`))['state'], 'deleted');
  assert.equal(((await ok('GET', '/experiments?state=deleted'))['items'] as Json[]).length, 1);
  assert.equal((await ok('POST', `/experiments/${id}/restore`))['state'], 'active');
  assert.deepEqual(await ok('GET', `/experiments/${id}/columns`), {
    metrics: [],
    params: [],
    tags: ['mlflow.runName'],
    varying: { metrics: [], params: [], tags: [] },
  });
  const tagged = await ok('PATCH', `/experiments/${id}`, { tags: { c: 'd' }, remove_tags: ['a', 'none'] });
  assert.equal((tagged['tags'] as Json)['c'], 'd');
  assert.ok(!('a' in (tagged['tags'] as Json)));
});

test('many runs are changed at once, all of them or none', async () => {
  const { id: experiment } = await ok('POST', '/experiments', { name: 'many' });
  const ids: string[] = [];
  for (const name of ['one', 'two', 'three'])
    ids.push(String((await ok('POST', '/runs', { experiment, name, tags: { old: 'x' } }))['id']));
  const seen = async (state = 'active') =>
    (
      (await ok('POST', '/runs/search', { experiments: [experiment], state, order: ['start_time ASC'] }))[
        'items'
      ] as Json[]
    ).map(({ tags }) => tags as Json);
  assert.deepEqual(
    await ok('POST', '/runs/change', { runs: ids, tags: { team: 'ops' }, remove_tags: ['old'] }),
    { runs: 3 },
  );
  assert.deepEqual(
    (await seen()).map(({ team, old }) => [team, old]),
    [
      ['ops', undefined],
      ['ops', undefined],
      ['ops', undefined],
    ],
  );
  const wrong = await call('POST', '/runs/change', { runs: [...ids, 'nobody'], tags: { team: 'lab' } });
  assert.deepEqual([wrong.status, (wrong.body['error'] as Json)['field']], [404, 'runs']);
  assert.ok((await seen()).every(({ team }) => team === 'ops'));
  await ok('POST', '/runs/change', { runs: ids.slice(0, 2), tags: { why: 'poor' }, state: 'deleted' });
  assert.deepEqual(
    [(await seen()).length, (await seen('deleted')).map(({ why }) => why)],
    [1, ['poor', 'poor']],
  );
  await ok('POST', '/runs/change', { runs: ids, tags: { why: 'better' }, state: 'active' });
  assert.deepEqual(
    (await seen()).map(({ why }) => why),
    ['better', 'better', 'better'],
  );
});

test('a run: logged to, charted, judged, compared, searched, grouped', async () => {
  const made = await ok('POST', '/runs', { experiment: '0', name: 'one', code: { commit: 'abc' } });
  const id = String(made['id']);
  const metrics = Array.from({ length: 100 }, (_, i) => ({
    key: 'a/b c',
    value: i === 50 ? ('NaN' as const) : i,
    step: i,
    time: 1000 + i,
  }));
  await ok('POST', `/runs/${id}/log`, {
    metrics: [...metrics, { key: 'once', value: 'Infinity' }],
    params: { p: '1' },
    tags: { t: 'x' },
  });
  const chart = await ok('GET', `/runs/${id}/metrics/${encodeURIComponent('a/b c')}/series?from=40&to=60`);
  assert.deepEqual(
    [(chart['steps'] as number[]).length, chart['marks'], chart['thinned'], chart['total']],
    [20, [{ step: 50, time: 1050, what: 'NaN' }], false, 100],
  );
  const many = (await ok('POST', '/series', { runs: [id], keys: ['a/b c', 'once'], points: 10 }))[
    'series'
  ] as Json[];
  assert.deepEqual(
    many.map(({ key }) => key),
    ['a/b c', 'once'],
  );
  const summaries = (await ok('GET', `/runs/${id}/metrics`))['items'] as Json[];
  assert.deepEqual(
    summaries.map(({ key, last, count }) => [key, last, count]),
    [
      ['a/b c', 99, 100],
      ['once', 'Infinity', 1],
    ],
  );

  await ok('POST', `/runs/${id}/resources`, {
    samples: [{ time: 5, values: { cpu_utilization_percentage: 12.5 } }],
    cpu_seconds: 2,
  });
  assert.equal(
    (await ok('PATCH', `/runs/${id}`, { status: 'finished', note: 'done' }))['status'],
    'finished',
  );
  const judged = await ok('PUT', `/runs/${id}/outcome`, { verdict: 'accepted', reason: 'good' });
  assert.equal((judged['outcome'] as Json)['by'], 'local owner');
  const compared = (await ok('POST', '/runs/compare', { runs: [id, id] }))['runs'] as Json[];
  assert.equal(compared.length, 1);

  const found = await ok('POST', '/runs/search', {
    experiments: [],
    filter: "verdict = 'accepted'",
    columns: ['metrics.a/b c', 'params.p'],
    order: ['metrics.`a/b c` DESC'],
  });
  assert.deepEqual(
    (found['items'] as Json[]).map(({ name, metrics: shown, params, tags }) => [name, shown, params, tags]),
    [['one', { 'a/b c': 99 }, { p: '1' }, {}]],
  );
  const groups = (
    await ok('POST', '/runs/groups', { experiments: ['0'], by: 'params.p', metrics: ['a/b c'] })
  )['groups'] as Json[];
  assert.deepEqual(
    groups.map(({ value, runs }) => [value, runs]),
    [['1', 1]],
  );
  assert.equal((await ok('DELETE', `/runs/${id}`))['state'], 'deleted');
  assert.equal((await ok('POST', `/runs/${id}/restore`))['state'], 'active');
});

test('artifacts of a run: up, listed, down in part, gone', async () => {
  const id = String((await ok('POST', '/runs', { experiment: '0' }))['id']);
  const at = `${server.url}/api/v1/runs/${id}/artifacts`;
  const stored = await fetch(`${at}/plots/a%20b.txt`, {
    method: 'PUT',
    body: 'hello world',
    headers: { 'content-type': 'text/plain' },
  });
  assert.equal(((await stored.json()) as Json)['path'], 'plots/a b.txt');
  assert.deepEqual(
    ((await ok('GET', `/runs/${id}/artifacts`))['items'] as Json[]).map(({ path, folder }) => [path, folder]),
    [['plots', true]],
  );
  assert.deepEqual(
    ((await ok('GET', `/runs/${id}/artifacts?path=plots`))['items'] as Json[]).map(({ path, size }) => [
      path,
      size,
    ]),
    [['plots/a b.txt', 11]],
  );
  const part = await fetch(`${at}/plots/a%20b.txt`, { headers: { range: 'bytes=6-' } });
  assert.deepEqual([part.status, await part.text()], [206, 'world']);
  assert.deepEqual(await ok('DELETE', `/runs/${id}/artifacts/plots`), { deleted: 1 });
  assert.equal((await fetch(`${at}/plots/a%20b.txt`)).status, 404);
});

test('a wrong request names its field and what to do', async () => {
  const id = String((await ok('POST', '/runs', { experiment: '0' }))['id']);
  const cases: Array<[string, string, unknown, number, string]> = [
    ['POST', '/runs', { experiment: '99' }, 404, 'experiment_id'],
    ['POST', '/runs', { experiment: '0', colour: 'red' }, 400, 'colour'],
    ['PUT', `/runs/${id}/outcome`, { verdict: 'fine', reason: 'x' }, 400, 'verdict'],
    ['PUT', `/runs/${id}/outcome`, { verdict: 'accepted', reason: '' }, 400, 'reason'],
    ['POST', '/runs/search', { experiments: ['0'], filter: 'metrics.a ~ 3' }, 400, 'filter'],
    ['POST', '/runs/search', { experiments: ['0'], columns: ['wheels.a'] }, 400, 'columns'],
    ['POST', `/runs/${id}/log`, { metrics: [{ key: 'a', value: 'high' }] }, 400, 'metrics[0].value'],
    ['GET', `/runs/${id}/metrics/none/series`, undefined, 404, 'key'],
    ['GET', `/runs/${id}/metrics/none/series?points=1`, undefined, 400, 'points'],
    ['GET', '/runs/nope', undefined, 404, 'run_id'],
  ];
  for (const [method, path, body, status, field] of cases) {
    const answer = await call(method, path, body);
    const error = answer.body['error'] as Json;
    assert.deepEqual(
      [answer.status, error['field']],
      [status, field],
      `${method} ${path}: ${JSON.stringify(error)}`,
    );
  }
});
