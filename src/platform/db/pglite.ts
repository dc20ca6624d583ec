import { Kysely, PGliteDialect } from 'kysely';
import { createLog } from '../log/index.ts';
import { postgresDialect } from './dialect.ts';
import type { Database } from './database.ts';
import type { Db } from './db.ts';
import { tellingErrors } from './postgres-errors.ts';
import { retryingWriter } from './retrying-writer.ts';

/** Postgres in process, in memory: quick tests of the Postgres dialect. The package is a dev dependency. */
export async function openPglite(): Promise<Database> {
  const { PGlite, types } = await import('@electric-sql/pglite');
  const pglite = new PGlite({ parsers: { [types.INT8]: Number } });
  const db: Db = new Kysely({ dialect: tellingErrors(new PGliteDialect({ pglite })) });
  return {
    dialect: postgresDialect,
    db,
    scan: db,
    write: retryingWriter(db, createLog('error')),
    async close() {
      await db.destroy();
      if (!pglite.closed) await pglite.close();
    },
  };
}
