import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { openTest, type TestServer } from '../test/harness.ts';
import { commitVersion } from './data/index.ts';
import { listDatasets, listVersions } from './data/show-dataset.ts';
import { selectEntries } from './ledger/store.ts';
import { listPipelines } from './pipelines/views.ts';
import { createCtx } from './platform/ctx/create.ts';
import type { Ctx } from './platform/ctx/index.ts';
import { kyselyOn, openSqliteFile, SqliteConnection } from './platform/db/sqlite-connection.ts';
import { countJobs, deleteFinished, selectJobs } from './platform/jobs/store.ts';
import { selectAllLive, selectHeads, selectLiveHere, type EndpointRow } from './serving/store.ts';
import { createRun, getRun, logBatch } from './tracking/index.ts';

/** Asks SQLite how it would answer each query, and then has it answered. */
class Explaining implements DatabaseConnection {
  readonly plans: string[][] = [];
  readonly #own: SqliteConnection;

  constructor(own: SqliteConnection) {
    this.#own = own;
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows } = this.#own.run<{ detail: string }>(`explain query plan ${query.sql}`, query.parameters);
    this.plans.push(rows.map(({ detail }) => detail));
    return this.#own.executeQuery<R>(query);
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('not used');
  }
}

/** A ctx over the server's database, and the plans of what is asked through it. */
function explained(server: TestServer): {
  ctx: Ctx;
  plansOf(ask: () => Promise<unknown>): Promise<string[][]>;
} {
  const file = openSqliteFile(path.join(server.data, 'treadle.db'), { readOnly: false });
  const connection = new Explaining(new SqliteConnection(file));
  const db = kyselyOn(connection);
  const ctx = createCtx(
    {
      ...server.parts,
      database: { ...server.parts.database, db, scan: db, write: (change) => change(db, () => undefined) },
    },
    { actor: server.ctx.actor, workspace: 'default' },
  );
  return {
    ctx,
    async plansOf(ask) {
      connection.plans.length = 0;
      await ask();
      assert.ok(connection.plans.length > 0, 'nothing was asked');
      return connection.plans.splice(0);
    },
  };
}

/** Each line of the plan of a lone query. */
const only = (plans: string[][]): string => {
  assert.equal(plans.length, 1, JSON.stringify(plans));
  return plans[0]!.join('\n');
};

test('what is asked of a table that grows for ever goes along an index', async () => {
  await using server = await openTest();
  const { ctx, plansOf } = explained(server);

  const ended = only(await plansOf(() => ctx.write((tx) => deleteFinished(tx, 1, 10))));
  assert.match(ended, /SEARCH job USING INDEX job_ended \(finished_at<\?\)/);
  assert.doesNotMatch(ended, /SCAN job|TEMP B-TREE/);
  const failed = only(await plansOf(() => selectJobs(ctx, { state: 'failed', before: 'x', limit: 10 })));
  assert.match(failed, /USING INDEX job_by_state \(workspace=\? AND state=\? AND id<\?\)/);
  assert.doesNotMatch(failed, /TEMP B-TREE/);
  assert.match(
    only(await plansOf(() => countJobs(ctx))),
    /USING COVERING INDEX job_by_state \(workspace=\?\)/,
  );

  const byActor = await plansOf(() => selectEntries(ctx, { actor: 'owner', before: 100, limit: 10 }));
  assert.deepEqual(byActor, [
    ['SEARCH ledger_entry USING INDEX ledger_by_actor_id (workspace=? AND actor_id=? AND seq<?)'],
    ['SEARCH ledger_entry USING INDEX ledger_by_actor_name (workspace=? AND actor_name=? AND seq<?)'],
  ]);

  const live = only(await plansOf(() => selectAllLive(ctx)));
  assert.match(live, /SEARCH revision USING INDEX revision_live \(state=\?\)/);
  const here = only(await plansOf(() => selectLiveHere(ctx)));
  assert.match(here, /SEARCH revision USING INDEX revision_(live|by_state) \(/);
  assert.doesNotMatch(here, /SCAN revision/);
  const heads = await plansOf(() => selectHeads(ctx, [{ id: 'a' }, { id: 'b' }] as EndpointRow[]));
  assert.equal(heads.length, 2);
  assert.match(
    heads[0]!.join('\n'),
    /USING INDEX revision_by_state \(workspace=\? AND endpoint_id=\? AND state=\?\)/,
  );
  assert.match(heads[1]!.join('\n'), /\(endpoint_id=\? AND revision=\?\)/);
});

test('points that are logged again are counted within their batch, however long the metric is', async () => {
  await using server = await openTest();
  const { ctx, plansOf } = explained(server);
  const run = await createRun(server.ctx, { experiment: '0' });
  const points = (from: number) =>
    Array.from({ length: 40 }, (_, i) => ({
      key: 'm',
      step: from + i,
      time: 1000 + from + i,
      value: from + i,
    }));
  for (const from of [0, 40, 80]) await logBatch(server.ctx, run, { metrics: points(from) });
  const plans = await plansOf(() => logBatch(ctx, run, { metrics: [...points(80), ...points(100)] }));
  const read = plans.flat().filter((line) => line.includes('metric_point'));
  assert.ok(read.length > 0);
  for (const line of read) assert.match(line, /\(series=\? AND n>\? AND n<\?\)/);
  const [metric] = (await getRun(server.ctx, run)).metrics;
  assert.equal(metric?.count, 140);
});

test('a list costs the same few queries, however long it is', async () => {
  await using server = await openTest();
  const { ctx, plansOf } = explained(server);
  const file = await server.ctx.blobs.put(Buffer.from('a,b\n1,2\n'));
  const commit = (dataset: string, name: string) =>
    commitVersion(server.ctx, { dataset, files: [{ path: name, ...file }] });
  for (let i = 0; i < 5; i++) await commit(`d${i}`, 'a.csv');
  for (let i = 0; i < 5; i++) await commit('d0', `${i}.csv`);

  const asked = async (ask: () => Promise<unknown>): Promise<number> => (await plansOf(ask)).length;
  assert.equal(await asked(() => listDatasets(ctx, { limit: 1 })), 2);
  assert.equal(await asked(() => listDatasets(ctx, {})), 2);
  const { items } = await listDatasets(ctx, {});
  assert.deepEqual(
    items.map(({ name, versions, latest }) => [name, versions, latest?.name]),
    [
      ['d0', 6, 'v6'],
      ['d1', 1, 'v1'],
      ['d2', 1, 'v1'],
      ['d3', 1, 'v1'],
      ['d4', 1, 'v1'],
    ],
  );
  assert.equal(await asked(() => listPipelines(ctx, {})), 1);

  const few = await asked(() => listVersions(ctx, 'd0', { ref: 'v2' }));
  const more = await asked(() => listVersions(ctx, 'd0', { ref: 'main' }));
  assert.ok(more <= few + 1, `${more} queries for six versions, ${few} for two`);
  const chain = await listVersions(ctx, 'd0', { ref: 'main', limit: 4 });
  assert.deepEqual(
    chain.items.map(({ name }) => name),
    ['v6', 'v5', 'v4', 'v3'],
  );
  const rest = await listVersions(ctx, 'd0', { page: chain.next! });
  assert.deepEqual(
    rest.items.map(({ name }) => name),
    ['v2', 'v1'],
  );
});
