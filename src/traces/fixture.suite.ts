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
import { createLog } from '../platform/log/index.ts';
import * as tracking from '../tracking/index.ts';
import { migrations as accessMigrations } from '../access/index.ts';
import { migrations } from './schema.ts';
import type { Span } from './span.ts';

/** Postgres takes a while to open: the quick run leaves it out. */
export const databases: ReadonlyArray<'SQLite' | 'Postgres'> =
  process.env['TREADLE_TEST_QUICK'] === '1' ? ['SQLite'] : ['SQLite', 'Postgres'];

const opened = new Map<string, Promise<{ opened: TestDatabase; blobs: blobStore.BlobStore }>>();
const folders: string[] = [];
let workspaces = 0;

async function open(
  kind: 'SQLite' | 'Postgres',
): Promise<{ opened: TestDatabase; blobs: blobStore.BlobStore }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-traces-'));
  folders.push(folder);
  const one = await (kind === 'SQLite' ? openSqliteTest() : openAnyPostgres());
  const { database } = one;
  await migrate(database, [
    ...blobStore.migrations,
    ...accessMigrations,
    ...tracking.migrations,
    ...migrations,
  ]);
  const blobs = await blobStore.openBlobs({
    database,
    backend: blobStore.openDisk(path.join(folder, 'blobs')),
    clock: systemClock,
  });
  return { opened: one, blobs };
}

after(async () => {
  for (const opening of opened.values()) {
    const { opened: one, blobs } = await opening;
    await blobs.close();
    await one[Symbol.asyncDispose]();
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export interface Room {
  ctx: Ctx;
  said: LedgerRecord[];
  experiment: string;
  another(workspace: string): Ctx;
}

/** The room over tracking on a real database, with an experiment in a workspace of its own. */
export async function openRoom(kind: 'SQLite' | 'Postgres'): Promise<Room> {
  if (!opened.has(kind)) opened.set(kind, open(kind));
  const {
    opened: { database },
    blobs,
  } = await opened.get(kind)!;
  const said: LedgerRecord[] = [];
  const parts = {
    database,
    blobs,
    clock: testClock(),
    log: createLog('error', () => undefined),
    ledger: { append: (_tx: unknown, record: LedgerRecord) => Promise.resolve(void said.push(record)) },
    outbox: { emit: () => Promise.resolve() },
    queue: { enqueue: () => Promise.reject(new Error('this room enqueues nothing')) },
  };
  const another = (workspace: string) =>
    createCtx(parts, { actor: { kind: 'owner', id: 'owner', name: 'Ada', role: 'admin' }, workspace });
  const ctx = another(`t${++workspaces}`);
  const { id } = await tracking.createExperiment(ctx, { name: 'bot' });
  return { ctx, said, experiment: id, another };
}

const digits = (n: number, length: number): string => n.toString(16).padStart(length, '0');

export const traceId = (n: number): string => `tr-${digits(n, 32)}`;

/** A span of a few milliseconds; `at` in ms. */
export const span = (n: number, more: Partial<Span> & { at?: number; ms?: number } = {}): Span => {
  const { at = 1000, ms = 10, ...rest } = more;
  return {
    id: digits(n, 16),
    parent: n === 1 ? null : digits(1, 16),
    name: `step ${n}`,
    start: String(BigInt(at) * 1_000_000n),
    end: String(BigInt(at + ms) * 1_000_000n),
    status: 'ok',
    attributes: {},
    ...rest,
  };
};
