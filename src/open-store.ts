import { existsSync } from 'node:fs';
import path from 'node:path';
import { requireOneStore } from './belong.ts';
import type { ServerConfig } from './config.ts';
import { openLedger } from './ledger/index.ts';
import { openBlobs, openDisk } from './platform/blobs/index.ts';
import { systemClock } from './platform/clock/index.ts';
import { createCtx, systemActor } from './platform/ctx/create.ts';
import type { Ctx } from './platform/ctx/index.ts';
import {
  dataFolderIsLocked,
  lockDataFolder,
  migrate,
  openPostgres,
  openSqlite,
} from './platform/db/index.ts';
import { conflict, missing } from './platform/errors/index.ts';
import { createEvents } from './platform/events/index.ts';
import { createJobs } from './platform/jobs/index.ts';
import type { Log } from './platform/log/index.ts';
import { migrations } from './rooms.ts';

export interface OpenStore {
  ctx: Ctx;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A mistyped folder is no new store. */
export function requireStore({ data, db }: Pick<ServerConfig, 'data' | 'db'>): void {
  if (existsSync(path.join(data, db === undefined ? 'treadle.db' : 'blobs'))) return;
  throw missing(`there is no store in ${data}`, {
    field: 'data',
    hint: 'name the folder that the server was started with (--data, .treadle unless said)',
  });
}

/** Opens a data folder that no server uses, in its place: the same checks, the same locks, nothing that listens or runs. */
export async function openStore(
  { data, db, restored }: Pick<ServerConfig, 'data' | 'db' | 'restored'>,
  log: Log,
): Promise<OpenStore> {
  if (dataFolderIsLocked(path.join(data, 'blobs')) || dataFolderIsLocked(data))
    throw conflict(`a Treadle server is using the data folder ${data}`, {
      hint: 'leave --data out to ask the server itself (TREADLE_URL says where it is), or stop it first',
      code: 'in-use',
    });
  requireStore({ data, db });
  const opened = new AsyncDisposableStack();
  try {
    const postgres = db === undefined ? undefined : await openPostgres(db, { log });
    if (postgres) opened.defer(() => postgres.close());
    await requireOneStore({ data, ...(restored === undefined ? {} : { restored }) }, postgres);
    if (!postgres) opened.defer(lockDataFolder(data));
    const database = postgres ?? openSqlite(path.join(data, 'treadle.db'), { log });
    if (!postgres) opened.defer(() => database.close());
    await migrate(database, migrations);
    const blobs = await openBlobs({
      database,
      backend: openDisk(path.join(data, 'blobs')),
      clock: systemClock,
    });
    opened.defer(() => blobs.close());
    const { shared } = database.dialect;
    const parts = {
      database,
      blobs,
      clock: systemClock,
      log,
      ledger: openLedger({ keyFile: path.join(data, 'ledger.key') }),
      outbox: createEvents({ log, shared }).outbox,
      queue: createJobs({ log, shared }).queue,
    };
    return {
      ctx: createCtx(parts, { actor: systemActor, workspace: 'default' }),
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}
