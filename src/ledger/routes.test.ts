import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest, type TestServer } from '../../test/harness.ts';
import { createToken } from '../access/create-token.ts';
import { createWorkspace } from '../access/create-workspace.ts';
import type { Entry, EntryProof, LineageGraph, Verification } from './contract.ts';
import { leafHash, verifyInclusion } from './merkle.ts';

const get = async <T>(
  server: TestServer,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: T }> => {
  const response = await fetch(`${server.url}${path}`, { headers });
  return { status: response.status, body: (await response.json()) as T };
};

test('the ledger over HTTP: list, proof, verification, lineage, and the wall', async () => {
  await using server = await openTest();
  const { ctx } = server;
  await createWorkspace(ctx, 'other');
  const { secret } = await createToken(ctx.as({ workspace: 'other' }), { name: 'reader', role: 'viewer' });
  await ctx.write((tx) =>
    tx.record({
      action: 'run.ended',
      resource: 'run:a/b c',
      after: { n: 1 },
      reason: 'done',
      edges: [{ from: 'run:a/b c', to: 'dataset_version:1', relation: 'read' }],
    }),
  );
  const list = await get<{ items: Entry[]; next?: string }>(server, '/api/v1/ledger/entries?limit=1');
  assert.equal(list.status, 200);
  const [entry] = list.body.items;
  assert.partialDeepStrictEqual(entry, {
    action: 'run.ended',
    resource: 'run:a/b c',
    reason: 'done',
    after: { n: 1 },
    actor: { kind: 'owner' },
  });
  assert.equal(list.body.next, String(entry!.seq));

  const { body: proof } = await get<EntryProof>(server, `/api/v1/ledger/entries/${entry!.seq}`);
  const leaf = leafHash(Buffer.from(proof.text));
  assert.ok(
    verifyInclusion(
      leaf,
      entry!.seq,
      proof.size,
      proof.path.map((hash) => Buffer.from(hash, 'hex')),
      Buffer.from(proof.root, 'hex'),
    ),
  );

  const { body: found } = await get<Verification>(server, '/api/v1/ledger/verification');
  assert.equal(found.ok, true);
  assert.equal(found.entries, entry!.seq + 1);
  assert.equal(found.edges, 1);

  const { body: graph } = await get<LineageGraph>(
    server,
    `/api/v1/lineage/${encodeURIComponent('run:a/b c')}`,
  );
  assert.deepEqual(
    graph.nodes.map(({ id, depth }) => [id, depth]),
    [
      ['run:a/b c', 0],
      ['dataset_version:1', -1],
    ],
  );

  const wall = { authorization: `Bearer ${secret}` };
  const theirs = await get<{ items: Entry[] }>(server, '/api/v1/ledger/entries', wall);
  assert.ok(theirs.body.items.every(({ resource }) => !resource.startsWith('run:')));
  assert.equal((await get(server, `/api/v1/ledger/entries/${entry!.seq}`, wall)).status, 404);
  assert.deepEqual(
    (await get<LineageGraph>(server, `/api/v1/lineage/${encodeURIComponent('dataset_version:1')}`, wall)).body
      .edges,
    [],
  );

  for (const [path, field] of [
    ['/api/v1/ledger/entries?limit=0', 'limit'],
    ['/api/v1/ledger/entries?page=x', 'page'],
    ['/api/v1/lineage/xyz', 'node'],
    ['/api/v1/ledger/consistency?first=99999', 'first'],
    ['/api/v1/ledger/entries/-1', 'seq'],
  ] as const) {
    const { status, body } = await get<{ error: { field: string } }>(server, path);
    assert.deepEqual([status, body.error.field], [400, field], path);
  }
  assert.deepEqual(server.errors, []);
});

test('a page of large entries ends early and leads on; one of many entries is whole', async () => {
  await using server = await openTest();
  const { ctx } = server;
  const record = (i: number, after: string): Promise<void> =>
    ctx.write((tx) => tx.record({ action: 'run.noted', resource: `run:${i}`, after }));
  for (let i = 0; i < 130; i++) await record(i, '');
  for (let i = 130; i < 135; i++) await record(i, 'x'.repeat(1_500_000));
  const pages: number[] = [];
  const found: string[] = [];
  for (let page: string | undefined = ''; page !== undefined;) {
    const query: string = `action=run.noted&limit=120${page === '' ? '' : `&page=${page}`}`;
    const { body } = await get<{ items: Entry[]; next?: string }>(server, `/api/v1/ledger/entries?${query}`);
    pages.push(body.items.length);
    found.push(...body.items.map(({ resource }) => resource));
    page = body.next;
  }
  assert.deepEqual(
    found,
    Array.from({ length: 135 }, (_, i) => `run:${134 - i}`),
  );
  // The first hundred are read together, and are more than a page holds.
  assert.deepEqual(pages, [100, 35]);
  assert.equal((await get<Verification>(server, '/api/v1/ledger/verification')).body.ok, true);
});
