import { Kysely, PostgresDialect } from 'kysely';
import { unavailable } from '../errors/index.ts';
import { createLog, type Log } from '../log/index.ts';
import { postgresDialect } from './dialect.ts';
import type { Database } from './database.ts';
import type { Db } from './db.ts';
import { tellingErrors } from './postgres-errors.ts';
import { retryingWriter } from './retrying-writer.ts';

/** Postgres 15 or newer. `url` is `postgres://…`; `schema` sets the search path (each test has its own). */
export async function openPostgres(
  url: string,
  options: { schema?: string; connections?: number; log?: Log } = {},
): Promise<Database> {
  // Loaded here: a server on SQLite does not pay for it.
  const { default: pg } = await import('pg');
  // int8 as a JavaScript number: every integer of ours is below 2^53.
  const types = new pg.TypeOverrides();
  types.setTypeParser(20, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 10,
    types,
    ...(options.schema === undefined ? {} : { options: `-c search_path=${options.schema}` }),
  });
  const log = options.log ?? createLog('error');
  // A connection that breaks is replaced. Its user hears of it by the query that fails; without a listener on the connection
  // itself, one that breaks between two queries of a transaction would end the process.
  pool.on('error', (error) => log.warn('a connection to Postgres broke', { error: error.message }));
  pool.on('connect', (client) => client.on('error', () => undefined));
  const version = await pool
    .query<{ v: number }>(`select current_setting('server_version_num')::int as v`)
    .catch(async (error: unknown) => {
      await pool.end();
      throw unavailable(`Postgres at ${new URL(url).host} cannot be reached`, {
        hint: 'check --db (TREADLE_DB) and that the server runs',
        cause: error,
      });
    });
  if ((version.rows[0]?.v ?? 0) < 150_000) {
    await pool.end();
    throw new Error('Treadle needs Postgres 15 or newer');
  }
  const db: Db = new Kysely({ dialect: tellingErrors(new PostgresDialect({ pool })) });
  return {
    dialect: postgresDialect,
    db,
    scan: db,
    write: retryingWriter(db, log),
    close: () => db.destroy(),
  };
}
