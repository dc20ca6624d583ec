import assert from 'node:assert/strict';
import test from 'node:test';
import { Type } from 'typebox';
import type { Input } from '../http/index.ts';
import type { Endpoint } from '../http/contract.ts';
import { openSqliteTest } from '../db/databases.suite.ts';
import type { Job } from './contract.ts';
import { openHouse } from './house.suite.ts';
import { job, jobRoutes } from './index.ts';

test('jobs are listed newest first, by state and by page, within the workspace; one can be cancelled', async () => {
  await using opened = await openSqliteTest();
  const type = job({
    name: 'test.wait',
    payload: Type.Object({ n: Type.Integer() }),
    run: async () => undefined,
  });
  const house = await openHouse(opened.database, { types: [type] });
  const call = async <T>(
    path: string,
    input: { params?: object; query?: object },
    ctx = house.ctx,
  ): Promise<T> => {
    const route = jobRoutes(house.jobs).find(
      ({ endpoint }) => `${endpoint.method} ${endpoint.path}` === path,
    )!;
    return (await route.handle(ctx, {
      params: {},
      query: {},
      body: undefined,
      headers: {},
      signal: new AbortController().signal,
      ...input,
    } as unknown as Input<Endpoint>)) as T;
  };
  type List = { items: Job[]; next?: string };
  const list = (query: object = {}, ctx = house.ctx) => call<List>('GET /api/v1/jobs', { query }, ctx);
  const later = Date.now() + 1_000_000;
  const ids = await house.ctx.write(async (tx) => {
    const made: string[] = [];
    for (let n = 0; n < 7; n++) made.push(await tx.enqueue(type, { n }, n < 5 ? { runAt: later } : {}));
    return made;
  });
  await house.jobs.idle();
  assert.deepEqual(
    (await list()).items.map(({ id }) => id),
    ids.toReversed(),
  );
  assert.deepEqual(
    (await list({ state: 'done' })).items.map(({ payload }) => payload),
    [{ n: 6 }, { n: 5 }],
  );
  assert.deepEqual((await list({ type: 'test.other' })).items, []);
  const first = await list({ limit: 4 });
  const second = await list({ limit: 4, page: first.next });
  assert.deepEqual(
    [...first.items, ...second.items].map(({ id }) => id),
    ids.toReversed(),
  );
  assert.equal(second.next, undefined);
  assert.deepEqual((await list({}, house.ctx.as({ workspace: 'other' }))).items, []);
  const cancelled = await call<Job>('POST /api/v1/jobs/:job/cancel', { params: { job: ids[0]! } });
  assert.equal(cancelled.state, 'cancelled');
  assert.equal((await call<Job>('GET /api/v1/jobs/:job', { params: { job: ids[0]! } })).state, 'cancelled');
  await assert.rejects(
    call('GET /api/v1/jobs/:job', { params: { job: ids[0]! } }, house.ctx.as({ workspace: 'other' })),
    { kind: 'missing', field: 'job' },
  );
  await house.stop();
});
