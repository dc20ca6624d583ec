import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test from 'node:test';
import { commitVersion } from '../../src/data/index.ts';
import type { LoopDetail, Turn } from '../../src/loops/contract.ts';
import { openTest, type TestServer } from '../harness.ts';
import { until } from '../until.ts';
import { Project } from './pipelines/project.ts';
import { apiOf } from './serving/api.ts';

const FILE = `name: demo
env: system
data: { labels: labels@main }
steps:
  train:
    run: cp {labels}/labels.csv {model}
    code: [note.txt]
    out: { model: model.txt }
`;
const LOOP = `loop:
  triggers:
    - { data: labels, rows: 3, debounce: 0s }
  cooldown: 0s
`;

/** Loops with the real pipelines below them. */
test('loops are said by files, and turned by data and by pushes to Git', async (t) => {
  await using server = await openTest();
  await t.test('a file declares a loop; enough new rows turn it, and fewer do not', () => byData(server));
  await t.test('a push turns a loop once, when its secret is right and its code is there', () =>
    byPush(server),
  );
  assert.deepEqual(server.errors, []);
});

async function byData(server: TestServer): Promise<void> {
  using project = new Project(server.url);
  const api = apiOf(server.url);
  const commit = async (rows: number): Promise<void> => {
    const lines = Array.from({ length: rows }, (_, i) => `${i},cat`);
    const blob = await server.ctx.blobs.put(Buffer.from(`id,label\n${lines.join('\n')}\n`));
    await commitVersion(server.ctx, { dataset: 'labels', files: [{ path: 'labels.csv', ...blob }] });
  };
  const loop = (): Promise<LoopDetail> => api.get<LoopDetail>('/api/v1/loops/demo');
  const standing = async (): Promise<string | undefined> => (await loop()).triggers[0]?.standing;
  const turns = async (): Promise<Turn[]> =>
    (await api.get<{ items: Turn[] }>('/api/v1/loop-turns?loop=demo')).items;

  await commit(10);
  project.write('treadle.yaml', FILE + LOOP).write('note.txt', 'one');
  assert.equal((await project.run()).state, 'succeeded');
  await until('the file declares it', async () => (await standing()) === 'v1 was trained on');
  assert.equal((await loop()).from_file, true);

  await commit(11);
  await until('rows are counted', async () =>
    /^v2 has 1 rows more.*3 rows are asked for$/.test((await standing()) ?? ''),
  );
  await commit(20);
  const [turn] = await until('enough rows have come', async () => {
    const all = await turns();
    return all[0]?.state === 'trained' && all;
  });
  assert.equal(turn?.kind, 'data');
  assert.match(turn.cause, /^v3 has 10 rows more; v1 was trained on last$/);
  assert.deepEqual((await turns()).length, 1);
  const execution = await project.ended(turn.execution!.id);
  assert.deepEqual([execution.trigger, execution.data[0]?.version], ['loop', 'v3']);

  // What a person set since stays, until the file says something else.
  const set = await fetch(`${server.url}/api/v1/loops/demo`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pipeline: 'demo', triggers: [{ kind: 'performance' }] }),
  });
  assert.equal(set.status, 200);
  await project.run({ force: true });
  const kinds = async (): Promise<string[]> => (await loop()).settings.triggers.map(({ kind }) => kind);
  assert.deepEqual(await kinds(), ['performance']);
  project.write('treadle.yaml', FILE);
  await project.run();
  await until('the file says nothing any more', async () => (await kinds()).length === 0);
}

async function byPush(server: TestServer): Promise<void> {
  using project = new Project(server.url);
  const api = apiOf(server.url);
  const file = `${FILE.replace('name: demo', 'name: pushed')}loop: { triggers: [push] }\n`;
  project.write('treadle.yaml', file).write('note.txt', 'one');
  assert.equal((await project.run()).state, 'succeeded');
  await until('the file declares it', async () => (await fetch(`${server.url}/api/v1/loops/pushed`)).ok);
  const { secret, path } = await api.post<{ secret: string; path: string }>(
    '/api/v1/loops/pushed/secret',
    {},
  );
  const commit = 'a'.repeat(40);
  const body = JSON.stringify({ ref: 'refs/heads/main', after: commit, pusher: { name: 'anna' } });
  const send = async (text: string, headers: Record<string, string>, to = path) => {
    const answer = await fetch(server.url + to, { method: 'POST', body: text, headers });
    const { said, turns } = (await answer.json()) as { said?: string; turns?: string[] };
    return [answer.status, said, turns?.length];
  };
  const hub = (text: string, by = secret) => ({
    'x-github-event': 'push',
    'x-hub-signature-256': `sha256=${createHmac('sha256', by).update(text).digest('hex')}`,
  });
  const standard = (at: number) => {
    const time = String(Math.floor(at / 1000));
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const signature = createHmac('sha256', key).update(`m1.${time}.${body}`).digest('base64');
    return {
      'webhook-id': 'm1',
      'webhook-timestamp': time,
      'webhook-signature': `v1,nonsense v1,${signature}`,
    };
  };
  for (const headers of [
    {},
    hub(body, 'other'),
    hub(`${body} `),
    { 'x-gitlab-token': 'other' },
    standard(Date.now() - 3_600_000),
  ])
    assert.deepEqual(await send(body, headers as Record<string, string>), [401, undefined, undefined]);
  const nobody = path.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  assert.deepEqual(await send(body, hub(body), nobody), [401, undefined, undefined]);
  const ping = '{"zen":"x"}';
  assert.deepEqual(await send(ping, { ...hub(ping), 'x-github-event': 'ping' }), [
    200,
    "loop 'pushed' hears you",
    0,
  ]);
  const other = body.replace('heads/main', 'heads/try');
  assert.deepEqual(await send(other, hub(other)), [200, "loop 'pushed' does not turn by pushes to 'try'", 0]);
  const gone = body.replace(commit, '0'.repeat(40));
  assert.deepEqual(await send(gone, hub(gone)), [200, "branch 'main' was deleted", 0]);
  assert.equal((await send('no json', hub('no json')))[0], 400);

  assert.deepEqual(await send(body, hub(body)), [200, "loop 'pushed' turns", 1]);
  assert.deepEqual(await send(body, { 'x-gitlab-token': secret }), [200, 'this push was heard before', 0]);
  assert.deepEqual(await send(body, standard(Date.now())), [200, 'this push was heard before', 0]);
  const turns = async (): Promise<Turn[]> =>
    (await api.get<{ items: Turn[] }>('/api/v1/loop-turns?loop=pushed')).items;
  await until('it waits for the code', async () => (await turns())[0]?.code === 'code');

  // Whoever runs a step of the commit brings its code.
  project.write('note.txt', 'two');
  await project.run({ git: { commit, branch: 'main', dirty: false }, steps: ['train'] });
  const turn = await until('it trains', async () => (await turns()).find(({ state }) => state === 'trained'));
  assert.equal(turn.cause, 'anna pushed aaaaaaaaaa to main');
  assert.equal((await turns()).length, 1);
}
