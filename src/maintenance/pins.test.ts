import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { openTest, type TestServer } from '../../test/harness.ts';
import { listEntries } from '../ledger/index.ts';
import { blobUsers } from '../rooms.ts';

async function call(server: TestServer, method: string, path = '', body?: object) {
  const response = await fetch(`${server.url}/api/v1/store/pins${path}`, {
    method,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
  const answer = (await response.json()) as {
    items?: Array<{ hash: string; reason: string; created_by: string }>;
    error?: { field?: string; message: string };
  };
  return { status: response.status, answer };
}

test('what is pinned stays until it is unpinned; one that is not stored pins nothing', async () => {
  await using server = await openTest();
  const { blobs } = server.ctx;
  const { hash } = await blobs.put(randomBytes(100));
  const absent = 'a'.repeat(64);
  const refused = await call(server, 'POST', '', { hashes: [hash, absent], reason: 'audit' });
  assert.equal(refused.status, 404);
  assert.deepEqual(
    [refused.answer.error?.field, refused.answer.error?.message],
    ['hashes', `there is no blob ${absent}`],
  );
  assert.deepEqual((await call(server, 'GET')).answer, { items: [] });

  assert.deepEqual((await call(server, 'POST', '', { hashes: [hash, hash], reason: 'audit' })).answer, {
    pinned: 1,
  });
  assert.deepEqual((await call(server, 'POST', '', { hashes: [hash], reason: 'again' })).answer, {
    pinned: 0,
  });
  const { items } = (await call(server, 'GET')).answer;
  assert.partialDeepStrictEqual(items, [{ hash, reason: 'audit', created_by: 'local owner' }]);
  // The server keeps what somebody has just asked for; what gc would remove is asked of a dry run on the same rows.
  const free = async (): Promise<number> => {
    const steps = blobs.collect({ users: blobUsers, grace: -1, dryRun: true });
    for (;;) {
      const step = await steps.next();
      if (step.done === true) return step.value.removed.blobs;
    }
  };
  assert.equal(await free(), 0);

  assert.equal((await call(server, 'DELETE', `/${hash}`)).status, 200);
  assert.equal((await call(server, 'DELETE', `/${hash}`)).status, 404);
  assert.equal(await free(), 1);
  const log = await listEntries(server.ctx, { resource: 'store:pins' });
  const said = log.items.map(({ action }) => action).toReversed();
  assert.deepEqual(said, ['blobs.pinned', 'blobs.unpinned']);
  assert.deepEqual(server.errors, []);
});
