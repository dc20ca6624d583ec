import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import * as blobStore from '../platform/blobs/index.ts';
import { systemClock, testClock } from '../platform/clock/index.ts';
import { createCtx } from '../platform/ctx/create.ts';
import type { Ctx, LedgerRecord } from '../platform/ctx/index.ts';
import { openAnyPostgres, openSqliteTest, type TestDatabase } from '../platform/db/databases.suite.ts';
import { migrate } from '../platform/db/index.ts';
import type { DomainEvent } from '../platform/events/index.ts';
import { createLog } from '../platform/log/index.ts';
import { migrations as accessMigrations } from '../access/index.ts';
import { migrations } from './schema.ts';

export interface Room {
  ctx: Ctx;
  clock: ReturnType<typeof testClock>;
  /** What the ledger and the outbox were told. */
  said: LedgerRecord[];
  told: DomainEvent[];
  another(workspace: string): Ctx;
}

/** Postgres takes a while to open: the quick run leaves it out. */
export const databases: ReadonlyArray<'SQLite' | 'Postgres'> =
  process.env['TREADLE_TEST_QUICK'] === '1' ? ['SQLite'] : ['SQLite', 'Postgres'];

interface Open {
  opened: TestDatabase;
  blobs: blobStore.BlobStore;
}

const opened = new Map<string, Promise<Open>>();
const folders: string[] = [];
let workspaces = 0;

/** One database of a kind for all tests of a file, since opening Postgres takes a second; each test has its own workspace. */
async function open(kind: 'SQLite' | 'Postgres'): Promise<Open> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-tracking-'));
  folders.push(folder);
  const opened = await (kind === 'SQLite' ? openSqliteTest() : openAnyPostgres());
  const { database } = opened;
  await migrate(database, [...blobStore.migrations, ...accessMigrations, ...migrations]);
  const blobs = await blobStore.openBlobs({
    database,
    backend: blobStore.openDisk(path.join(folder, 'blobs')),
    clock: systemClock,
  });
  return { opened, blobs };
}

after(async () => {
  for (const opening of opened.values()) {
    const { opened: one, blobs } = await opening;
    await blobs.close();
    await one[Symbol.asyncDispose]();
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** This room alone on a real database; ledger and outbox only write down what they are told. */
export async function openRoom(kind: 'SQLite' | 'Postgres'): Promise<Room> {
  if (!opened.has(kind)) opened.set(kind, open(kind));
  const {
    opened: { database },
    blobs,
  } = await opened.get(kind)!;
  const clock = testClock();
  const said: LedgerRecord[] = [];
  const told: DomainEvent[] = [];
  const parts = {
    database,
    blobs,
    clock,
    log: createLog('error', () => undefined),
    ledger: { append: (_tx: unknown, record: LedgerRecord) => Promise.resolve(void said.push(record)) },
    outbox: { emit: (_tx: unknown, event: DomainEvent) => Promise.resolve(void told.push(event)) },
    queue: { enqueue: () => Promise.reject(new Error('this room enqueues nothing')) },
  };
  const another = (workspace: string) =>
    createCtx(parts, { actor: { kind: 'owner', id: 'owner', name: 'Ada', role: 'admin' }, workspace });
  return {
    ctx: another(`w${++workspaces}`),
    clock,
    said,
    told,
    another,
  };
}
