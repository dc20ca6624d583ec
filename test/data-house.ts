import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrations as accessMigrations } from '../src/access/index.ts';
import { migrations as dataMigrations } from '../src/data/index.ts';
import { PROFILE } from '../src/data/jobs.ts';
import { openLedger, migrations as ledgerMigrations } from '../src/ledger/index.ts';
import { migrations as blobMigrations, openBlobs, openDisk } from '../src/platform/blobs/index.ts';
import { systemClock } from '../src/platform/clock/index.ts';
import { createCtx } from '../src/platform/ctx/create.ts';
import type { Ctx } from '../src/platform/ctx/index.ts';
import { openSqliteTest, type TestDatabase } from '../src/platform/db/databases.suite.ts';
import { migrate, type Migration } from '../src/platform/db/index.ts';
import { createEvents, migrations as eventMigrations } from '../src/platform/events/index.ts';
import { createJobs, migrations as jobMigrations } from '../src/platform/jobs/index.ts';
import { silentLog as log } from '../src/platform/log/index.ts';

/** Datasets and what lies below them, without a server: no job runs, so that nobody profiles what is committed. */
export interface DataHouse extends AsyncDisposable {
  /** Of the local owner, in the default workspace or another. */
  ctx: Ctx;
  data: string;
}

/** `migrations`: those of rooms above whose tables are asked for, too. */
export async function openDataHouse({
  opened,
  migrations = [],
}: { opened?: TestDatabase; migrations?: readonly Migration[] } = {}): Promise<DataHouse> {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-data-'));
  const held = opened ?? (await openSqliteTest());
  const { database } = held;
  await migrate(database, [
    ...eventMigrations,
    ...jobMigrations,
    ...ledgerMigrations,
    ...blobMigrations,
    ...accessMigrations,
    ...dataMigrations,
    ...migrations,
  ]);
  const blobs = await openBlobs({
    database,
    backend: openDisk(path.join(data, 'blobs')),
    clock: systemClock,
  });
  const { shared } = database.dialect;
  const jobs = createJobs({ log, shared });
  jobs.register(PROFILE);
  const parts = {
    database,
    clock: systemClock,
    log,
    blobs,
    ledger: openLedger({ keyFile: path.join(data, 'ledger.key') }),
    outbox: createEvents({ log, shared }).outbox,
    queue: jobs.queue,
  };
  const actor = { kind: 'owner', id: 'owner', name: 'local owner', role: 'admin' } as const;
  return {
    ctx: createCtx(parts, { actor, workspace: 'default' }),
    data,
    async [Symbol.asyncDispose]() {
      await blobs.close();
      await held[Symbol.asyncDispose]();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
