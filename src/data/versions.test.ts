import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import test, { describe } from 'node:test';
import { sql } from 'kysely';
import { openTest } from '../../test/harness.ts';
import { workspacesOf } from '../../test/workspaces.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { commitVersion } from './commit-version.ts';
import { walk } from './read-tree.ts';
import { versionsSuite } from './versions.suite.ts';

describe('SQLite', () => {
  const fresh = workspacesOf(openTest);
  versionsSuite('SQLite', async () => {
    const { ctx, data } = await fresh();
    const folder = path.join(data, ctx.workspace);
    mkdirSync(folder);
    return { ctx, data: folder, [Symbol.asyncDispose]: () => Promise.resolve() };
  });
});

const SMALL = `data/${'n'.repeat(40)}`;

async function commit(ctx: Ctx, more: Record<string, string> = {}) {
  const content = { 'a.txt': 'a', [`${SMALL}/b.txt`]: 'b', ...more };
  const infos = await ctx.blobs.putMany(Object.values(content).map((text) => ({ bytes: Buffer.from(text) })));
  const files = Object.keys(content).map((name, i) => ({ path: name, ...infos[i]! }));
  return commitVersion(ctx, { dataset: 'birds', files });
}

/** Flips a byte of a small blob on disk. */
async function damage(ctx: Ctx, data: string, hash: string): Promise<void> {
  const { rows } = await sql<{
    pack: string;
    start: number;
  }>`select pack, start from blob where hash = ${hash}`.execute(ctx.db);
  const { pack, start } = rows[0]!;
  const handle = await open(path.join(data, 'blobs', 'packs', `${pack}.pack`), 'r+');
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, start);
  await handle.write(Buffer.from([buffer[0]! ^ 1]), 0, 1, start);
  await handle.close();
}

test('a commit that finds nothing new writes back directory objects that are gone or damaged; another is not held up by them', async () => {
  await using server = await openTest();
  const { ctx, data } = server;
  const { version } = await commit(ctx);
  const paths = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const file of walk(ctx, version.hash)) found.push(file.path);
    return found;
  };
  const whole = await paths();
  const faults: Array<() => Promise<unknown>> = [
    () => damage(ctx, data, version.hash),
    () => ctx.write((tx) => sql`delete from blob where hash = ${version.hash}`.execute(tx.db)),
  ];
  for (const fault of faults) {
    await fault();
    const again = await commit(ctx); // before anybody has read it
    assert.deepEqual([again.unchanged, again.version.id], [true, version.id]);
    assert.deepEqual(await paths(), whole);
  }
  const damaged = server.errors.splice(0);
  assert.deepEqual(
    damaged.map((line) => line.includes('the stored bytes of a blob are damaged')),
    [true],
  );

  await damage(ctx, data, version.hash);
  const next = await commit(ctx, { 'c.txt': 'c' });
  assert.equal(next.unchanged, false);
  await assert.rejects(paths(), { code: 'blob-damaged' });
  server.errors.length = 0;
});
