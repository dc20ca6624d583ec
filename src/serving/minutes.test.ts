import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { migrations as accessMigrations } from '../access/index.ts';
import * as blobStore from '../platform/blobs/index.ts';
import { testClock } from '../platform/clock/index.ts';
import { createCtx, systemActor } from '../platform/ctx/create.ts';
import { migrate, openSqlite } from '../platform/db/index.ts';
import { createLog } from '../platform/log/index.ts';
import type { Variant } from './contract.ts';
import { createLive } from './live.ts';
import { createMinutes, type ServedMinute } from './minutes.ts';
import type { VariantStats } from './plane/protocol.ts';
import { migrations, type ServingTables } from './schema.ts';

const MINUTE = 60_000;
const variant: Variant = {
  role: 'champion',
  model: 'm',
  version: 3,
  version_ref: 'model_version:m/3',
  percent: 100,
  runtime: 'onnx',
};

/** A report of a plane. */
const told = (requests: number, more: Partial<VariantStats> = {}): VariantStats => ({
  endpoint: 'e',
  serial: 1,
  role: 'champion',
  key: 'k',
  requests,
  rows: requests,
  batches: 1,
  bad: 0,
  errors: 0,
  refused: 0,
  waiting: 0,
  latency: [requests],
  fine: [[7, requests]],
  queued_ms: 2 * requests,
  ...more,
});

async function openMinutes(t: { after(end: () => Promise<void>): void }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-minutes-'));
  const database = openSqlite(path.join(folder, 'test.db'));
  const clock = testClock(1_700_000_000_000 - (1_700_000_000_000 % MINUTE));
  await migrate(database, [...blobStore.migrations, ...accessMigrations, ...migrations]);
  const blobs = await blobStore.openBlobs({ database, backend: blobStore.openDisk(folder), clock });
  t.after(async () => {
    await blobs.close();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const errors: string[] = [];
  const nothing = () => Promise.resolve();
  const parts = {
    database,
    blobs,
    clock,
    log: createLog('error', (line) => void errors.push(line)),
    ledger: { append: nothing },
    outbox: { emit: nothing },
    queue: { enqueue: () => Promise.reject(new Error('nothing is enqueued here')) },
  };
  const ctx = createCtx(parts, { actor: systemActor, workspace: 'default' });
  await ctx.write(async (tx) => {
    await tx.db
      .$extendTables<ServingTables>()
      .insertInto('endpoint')
      .values({
        id: 'e',
        workspace: 'default',
        name: 'flights',
        description: null,
        created_at: 0,
        updated_at: 0,
        created_by: 'me',
        last_revision: 1,
        deleted_at: null,
      })
      .execute();
  });
  const live = createLive();
  live.know({ serial: 1, workspace: 'default', endpoint_id: 'e', endpoint: 'flights', revision: 1 }, [
    variant,
  ]);
  return { ctx, clock, live, errors };
}

test('what is served is counted in one window, whichever server wrote it down, and once while it is written', async (t) => {
  const { ctx, clock, live, errors } = await openMinutes(t);
  const from = clock.now();
  const first = createMinutes(ctx, live);
  first.add([told(5, { errors: 1, fine: [[7, 4]] })]);
  first.add([told(2, { bad: 1, refused: 1, fine: [] }), told(9, { role: 'shadow' })]);
  // The server ends within the minute, and the next one goes on in it.
  await first.flush(true);
  const second = createMinutes(ctx, live);
  second.add([told(3, { fine: [[8, 3]] })]);
  const minute: ServedMinute = {
    at: from,
    model: 'm',
    version: 3,
    requests: 10,
    bad: 1,
    errors: 1,
    refused: 1,
    rows: 10,
    queued_ms: 20,
    latency: [
      [7, 4],
      [8, 3],
    ],
  };
  const window = { from, to: from + MINUTE };
  assert.deepEqual(await second.served(ctx, 'e', window), [minute]);
  clock.advance(MINUTE);
  const writing = second.flush();
  assert.deepEqual(await second.served(ctx, 'e', window), [minute]);
  await writing;
  assert.deepEqual(await second.served(ctx, 'e', window), [minute]);
  // A minute is in the window in which it ends.
  const half = from + MINUTE / 2;
  assert.deepEqual(await second.served(ctx, 'e', { from: half - MINUTE, to: half }), []);
  assert.deepEqual(await second.served(ctx, 'e', { from: half, to: half + MINUTE }), [minute]);
  assert.deepEqual(await second.served(ctx, 'other', window), []);
  assert.deepEqual(errors, []);
});

test('a minute that cannot be written down is kept, tried again, and told once', async (t) => {
  const { ctx, clock, live, errors } = await openMinutes(t);
  let broken = true;
  const flaky = {
    ...ctx,
    write: ((change) =>
      broken ? Promise.reject(new Error('disk full')) : ctx.write(change)) as typeof ctx.write,
  };
  const minutes = createMinutes(flaky, live);
  const from = clock.now();
  minutes.add([told(4)]);
  clock.advance(MINUTE);
  await minutes.flush();
  await minutes.flush();
  assert.equal(errors.length, 1);
  broken = false;
  await minutes.flush();
  const other = createMinutes(ctx, live);
  const [minute] = await other.served(ctx, 'e', { from, to: from + MINUTE });
  assert.equal(minute?.requests, 4);
});
