import { Kysely, PostgresDialect } from 'kysely';
import { unavailable } from '../errors/index.ts';
import { postgresDialect } from './dialect.ts';
import type { Database, Db } from './index.ts';
import { tellingErrors } from './postgres-errors.ts';
import { retryingWriter } from './retrying-writer.ts';

/** Postgres 15 or newer. `url` is `postgres://…`; `schema` sets the search path (each test has its own). */
export async function openPostgres(
  url: string,
  options: { schema?: string; connections?: number } = {},
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
  pool.on('error', () => undefined); // an idle connection that breaks is replaced; its next user hears of it
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
    write: retryingWriter(db),
    close: () => db.destroy(),
  };
}
