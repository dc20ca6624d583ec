import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { migrations as accessMigrations } from '../access/index.ts';
import { openLedger, migrations as ledgerMigrations } from '../ledger/index.ts';
import { migrations as blobMigrations, openBlobs, openDisk } from '../platform/blobs/index.ts';
import { systemClock } from '../platform/clock/index.ts';
import { createCtx } from '../platform/ctx/create.ts';
import { openAnyPostgres } from '../platform/db/databases.suite.ts';
import { migrate } from '../platform/db/index.ts';
import { createEvents, migrations as eventMigrations } from '../platform/events/index.ts';
import { createJobs, migrations as jobMigrations } from '../platform/jobs/index.ts';
import { silentLog as log } from '../platform/log/index.ts';
import { migrations } from './schema.ts';
import { PROFILE } from './jobs.ts';
import { versionsSuite } from './versions.suite.ts';

// One database for all, since it takes seconds to start; each test has a workspace of its own. No job runs.
const data = mkdtempSync(path.join(tmpdir(), 'treadle-data-'));
const postgres = await openAnyPostgres();
const { database } = postgres;
await migrate(database, [
  ...eventMigrations,
  ...jobMigrations,
  ...ledgerMigrations,
  ...blobMigrations,
  ...accessMigrations,
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
after(async () => {
  await blobs.close();
  await postgres[Symbol.asyncDispose]();
  rmSync(data, { recursive: true, force: true });
});

let opened = 0;
versionsSuite('Postgres', async () => {
  const workspace = `w${++opened}`;
  const folder = path.join(data, workspace);
  mkdirSync(folder);
  const actor = { kind: 'owner', id: 'owner', name: 'local owner', role: 'admin' } as const;
  return {
    ctx: createCtx(parts, { actor, workspace }),
    data: folder,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});
