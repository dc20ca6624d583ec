import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { runHere } from '../../test/cli.ts';
import { onDatabases } from '../../test/on-databases.ts';
import { openTest, type TestServer } from '../../test/harness.ts';
import { listEntries } from '../ledger/index.ts';
import { blake3 } from '../platform/blobs/index.ts';
import { blobUsers } from '../rooms.ts';
import { spaceTable } from '../store-commands.ts';
import type { Pin, StoreSpace } from './contract.ts';

async function call(server: TestServer, method: string, path = '', body?: object) {
  const response = await fetch(`${server.url}/api/v1/store/pins${path}`, {
    method,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
  const answer = (await response.json()) as {
    items?: Pin[];
    next?: string;
    blobs?: number;
    error?: { field?: string; message: string; hint?: string };
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
  assert.partialDeepStrictEqual(items, [
    { hash, blobs: 1, bytes: 100, reason: 'audit', created_by: 'local owner' },
  ]);
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

onDatabases(
  'pins under a name were',
  (on, open) =>
    void test(`${on}: what is pinned under a name is one pin, kept and let go by that name; a file of two names stays for the other`, async () => {
      await using server = await open();
      const put = async (size: number): Promise<string> =>
        (await server.ctx.blobs.put(randomBytes(size))).hash;
      const [one, both, two, alone] = [await put(10), await put(200), await put(3000), await put(1)];
      const pin = async (of: string | undefined, ...hashes: string[]): Promise<void> => {
        const body = { hashes, reason: `for ${of ?? 'itself'}`, ...(of === undefined ? {} : { of }) };
        assert.deepEqual((await call(server, 'POST', '', body)).answer, { pinned: hashes.length });
      };
      await pin('birds@v1', one, both);
      await pin('birds@v2', both, two);
      await pin(undefined, alone);
      const told = (pins: readonly Pin[] | undefined) =>
        pins?.map(({ of, hash, workspace, blobs, bytes, reason }) => [
          of ?? hash,
          workspace,
          blobs,
          bytes,
          reason,
        ]);
      const all = [
        [alone, undefined, 1, 1, 'for itself'],
        ['birds@v2', 'default', 2, 3200, 'for birds@v2'],
        ['birds@v1', 'default', 2, 210, 'for birds@v1'],
      ];
      assert.deepEqual(new Set(told((await call(server, 'GET')).answer.items)), new Set(all));
      const seen: Pin[] = [];
      for (let page: string | undefined; ;) {
        const { items = [], next } = (await call(server, 'GET', `?limit=1${page ? `&page=${page}` : ''}`))
          .answer;
        assert.equal(items.length, 1);
        seen.push(...items);
        if (next === undefined) break;
        page = next;
      }
      assert.deepEqual(new Set(told(seen)), new Set(all));

      const part = await call(server, 'DELETE', `/${two}`);
      assert.equal(part.answer.error?.message, `the blob ${two} is pinned as part of birds@v2`);
      assert.equal(part.answer.error?.hint, 'treadle unpin birds@v2');
      assert.deepEqual((await call(server, 'DELETE', '?of=birds@v2')).answer, { blobs: 2 });
      assert.equal((await call(server, 'DELETE', '?of=birds@v2')).status, 404);
      const steps = server.ctx.blobs.collect({ users: blobUsers, grace: -1, dryRun: true });
      for (let step = await steps.next(); ; step = await steps.next())
        if (step.done === true) {
          assert.equal(step.value.removed.blobs, 1, 'the file that only v2 has');
          break;
        }
      assert.deepEqual(server.errors, []);
    }),
);

test('the command says what was pinned, by whom, when and why, by the name of the version, and lets it go when that is deleted', async () => {
  await using server = await openTest();
  const files = [];
  for (const [path, content] of Object.entries({ 'a.txt': 'first', 'b.txt': 'other', 'c.txt': 'first' })) {
    const hash = blake3(Buffer.from(content));
    const sent = await fetch(`${server.url}/api/v1/data/blobs/${hash}`, { method: 'PUT', body: content });
    assert.equal(sent.status, 200);
    files.push({ path, hash, size: content.length });
  }
  const ask = async (method: string, path: string, body?: object): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${server.url}/api/v1/datasets/birds${path}`, {
      method,
      ...(body ? { headers, body: JSON.stringify(body) } : {}),
    });
    assert.equal(answer.status, 200, await answer.text());
  };
  await ask('POST', '/versions', { files });
  const run = (...args: string[]) => runHere(server.url, ...args);
  const space = async (): Promise<StoreSpace> =>
    (await (await fetch(`${server.url}/api/v1/store/space`)).json()) as StoreSpace;
  assert.match((await run('pins')).out, /nothing is pinned/);
  assert.match(
    (await run('pin', 'birds@main', '--reason', 'audit 2026')).out,
    /pinned 2 blobs of birds@v1$/m,
  );
  assert.match(
    (await run('pin', 'birds', '--reason', 'again')).out,
    /pinned 0 blobs of birds@v1; 2 had been/,
  );
  assert.match((await run('pin', '1234', '--reason', 'none')).err, /dataset.*1234/);
  const { out } = await run('pins');
  assert.match(out, /^what +workspace +blobs +size +since +by +reason$/m);
  assert.match(out, /^birds@v1 +default +2 +10 B +20\d\d-\d\d-\d\dT\d\d:\d\d +local owner +audit 2026$/m);
  assert.equal((await space()).pinned.blobs, 0, 'what a version names is the version’s');
  const wrong = await run('data', 'rm', 'birds');
  assert.match(wrong.err, /'birds' is a whole dataset[^]*treadle data rm birds --whole/);
  assert.match(
    (await run('data', 'rm', 'birds', '--whole')).out,
    /deleted birds with 1 version; treadle gc gives back all but what is pinned: birds@v1 /,
  );
  const left = await space();
  assert.deepEqual([left.pinned.blobs, left.orphaned.blobs], [2, 1], 'the list of files is nobody’s');
  assert.match(spaceTable(left), /^nobody’s, but pinned \(stays\) +2 .*\nnobody’s \(gc removes it\) +1 /m);
  assert.match((await run('unpin', 'birds@v1')).out, /unpinned 2 blobs/);
  assert.match((await run('unpin', 'birds@v1')).err, /nothing is pinned as birds@v1/);
});
