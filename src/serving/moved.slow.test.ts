import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'node:test';
import { openTest, type TestServer } from '../../test/harness.ts';
import { apiOf, type Answered } from '../../test/journeys/serving/api.ts';
import { constantOnnx, registerOnnx } from '../../test/onnx-model.ts';
import type { Revision } from './contract.ts';
import type { ServingTables } from './schema.ts';

const placesIn = async ({ ctx }: TestServer): Promise<string[]> => {
  const rows = await ctx.db.$extendTables<ServingTables>().selectFrom('revision').select('places').execute();
  return rows.flatMap(({ places }) => places ?? []);
};

/** On a busy machine a revision takes longer than a request waits for it. */
async function live(server: TestServer, { revision }: Revision): Promise<void> {
  for (;;) {
    const now = await apiOf(server.url).get<Revision>(`/api/v1/endpoints/const/revisions/${revision}`);
    if (now.state !== 'preparing')
      return assert.equal(now.state, 'live', now.problem ?? 'no problem is told');
    await sleep(50);
  }
}

/** A server that has just started takes its endpoints up by itself. */
async function answered(server: TestServer): Promise<Answered> {
  for (;;) {
    const answer = await apiOf(server.url).ask('const');
    if (answer.status !== 503) return answer;
    await sleep(50);
  }
}

test('a data folder that is moved answers as before, and rolls back to what it had', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'treadle-moved-'));
  try {
    const [before, after] = [path.join(root, 'before'), path.join(root, 'elsewhere', 'after')];
    {
      await using server = await openTest({ data: before });
      for (const version of [1, 2]) await registerOnnx(server.ctx, 'const', constantOnnx(version));
      for (const version of ['1', '2']) await live(server, await apiOf(server.url).deploy('const', version));
      const places = await placesIn(server);
      assert.equal(places.length, 2);
      for (const text of places)
        assert.ok(!text.includes(root), `a row names where the folder lies: ${text}`);
    }
    const models = readdirSync(path.join(before, 'runtimes', 'models')).toSorted();
    mkdirSync(path.dirname(after));
    renameSync(before, after);

    await using server = await openTest({ data: after });
    const answer = await answered(server);
    assert.deepEqual([answer.status, answer.value, answer.revision], [200, 2, 2]);
    await live(server, await apiOf(server.url).rollback('const'));
    assert.equal((await apiOf(server.url).ask('const')).value, 1);
    // Nothing was fetched again, and nothing was made where the folder lay.
    assert.deepEqual(readdirSync(path.join(after, 'runtimes', 'models')).toSorted(), models);
    assert.deepEqual(readdirSync(root), ['elsewhere']);
    for (const text of await placesIn(server)) assert.ok(!text.includes(root), text);
    assert.deepEqual(server.errors, []);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
