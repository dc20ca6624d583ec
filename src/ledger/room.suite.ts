import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Clock } from '../platform/clock/index.ts';
import { createCtx, type Parts } from '../platform/ctx/create.ts';
import type { Ctx, LedgerRecord } from '../platform/ctx/index.ts';
import { migrate, type Database } from '../platform/db/index.ts';
import { silentLog } from '../platform/log/index.ts';
import { migrations, openLedger, type LedgerRoom } from './index.ts';

export interface Room {
  ledger: LedgerRoom;
  ctx: Ctx;
  keyFile: string;
  append(...records: LedgerRecord[]): Promise<void>;
  [Symbol.dispose](): void;
}

/** A ledger on a database, with nothing else of the house. */
export async function openRoom(
  database: Database,
  options: { clock?: Clock; keyFile?: string } = {},
): Promise<Room> {
  await migrate(database, migrations);
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-ledger-'));
  const keyFile = options.keyFile ?? path.join(folder, 'ledger.key');
  const ledger = openLedger({ keyFile });
  const parts: Parts = {
    database,
    clock: options.clock ?? { now: () => Date.now() },
    log: silentLog,
    blobs: undefined as never, // the ledger touches neither bytes nor jobs
    ledger,
    outbox: { emit: () => Promise.resolve() },
    queue: { enqueue: () => Promise.reject(new Error('the ledger enqueues nothing')) },
  };
  const ctx = createCtx(parts, {
    actor: { kind: 'owner', id: 'owner', name: 'tester', role: 'admin' },
    workspace: 'default',
    requestId: 'request-1',
  });
  return {
    ledger,
    ctx,
    keyFile,
    append: (...records) =>
      ctx.write(async (tx) => {
        for (const record of records) await tx.record(record);
      }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** A change like those of the rooms: some with state, some with a reason, every third with lineage. */
export const sample = (n: number): LedgerRecord => ({
  action: n % 2 === 0 ? 'run.created' : 'dataset_version.committed',
  resource: `run:${n}`,
  ...(n % 4 === 0 ? { before: { n: n - 1 } } : {}),
  after: { n, name: `Läufer ${n}`, ratio: n / 7 },
  ...(n % 5 === 0 ? { reason: `because of ${n}` } : {}),
  ...(n % 3 === 0
    ? {
        edges: [
          { from: `run:${n}`, to: `dataset_version:${n % 7}`, relation: 'read' },
          { from: `run:${n}`, to: `model_version:${n}`, relation: 'produced' },
        ],
      }
    : {}),
});
