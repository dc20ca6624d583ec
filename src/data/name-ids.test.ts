import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { nameIds } from './name-ids.ts';
import { insertDataset, insertVersion } from './store.ts';
import type { DatasetVersion } from './contract.ts';

test('ids are given their names, in the own workspace only; others are left out', async () => {
  await using server = await openTest();
  const { ctx } = server;
  const dataset = { id: 'd1', workspace: 'default', name: 'flights', created_at: 1, created_by: 'me' };
  const version: DatasetVersion = {
    id: 'v1id',
    dataset: 'flights',
    number: 1,
    name: 'v1',
    hash: '0'.repeat(64),
    parents: [],
    message: '',
    meta: {},
    author: 'me',
    created_at: 1,
    files: 0,
    bytes: 0,
    profile: 'none',
  };
  await ctx.write(async (tx) => {
    await insertDataset(tx, dataset);
    await insertVersion(tx, dataset, version);
  });
  assert.deepEqual(await nameIds(ctx, 'v1id,d1,unknown,d1'), [
    { id: 'd1', dataset: 'flights' },
    { id: 'v1id', dataset: 'flights', version: 'v1' },
  ]);
  assert.deepEqual(await nameIds(ctx.as({ workspace: 'other' }), 'v1id,d1'), []);
  const answer: unknown = await (await fetch(`${server.url}/api/v1/data/names?ids=d1`)).json();
  assert.deepEqual(answer, { items: [{ id: 'd1', dataset: 'flights' }] });
  assert.deepEqual(server.errors, []);
});
