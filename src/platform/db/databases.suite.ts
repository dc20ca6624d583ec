import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { sql } from 'kysely';
import pg from 'pg';
import { openPglite, openPostgres, openSqlite, type Database } from './index.ts';

/** A database of its own for one test: a file, a process-own Postgres, or a schema of the test server. */
export interface TestDatabase {
  database: Database;
  /** Enough for another process to open the same database; undefined where none can (PGlite). */
  place: { file: string } | { url: string; schema: string } | undefined;
  /** A further connection to the same database, as another process would have it; undefined where there is none. */
  another: (() => Promise<Database>) | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

export type OpenDatabase = () => Promise<TestDatabase>;

/**
 * Runs a contract suite on every database. Postgres needs TREADLE_TEST_PG=postgres://…; without, its absence shows by name, and
 * PGlite stands in for it. Both where it is PGlite itself that is tried (`pglite`), and in `npm run test:deep`.
 */
export function eachDatabase(
  suite: (name: string, open: OpenDatabase) => void,
  { pglite: always = process.env['TREADLE_TEST_WHOLE'] === '1' } = {},
): void {
  suite('SQLite', openSqliteTest);
  const url = process.env['TREADLE_TEST_PG'];
  const real = url !== undefined && url !== '';
  if (!real || always) suite('PGlite', openPgliteTest);
  if (real) suite('Postgres', () => openPostgresTest(url));
  else
    test('Postgres: the whole suite', {
      skip: 'TREADLE_TEST_PG is not set: nothing here was tried on a real Postgres',
    });
}

/** For rooms that keep one Postgres for a whole file: the test server's, or PGlite where there is none. */
export async function openAnyPostgres(): Promise<TestDatabase> {
  const url = process.env['TREADLE_TEST_PG'];
  if (url !== undefined && url !== '') return openPostgresTest(url);
  const database = await openPglite();
  return { database, place: undefined, another: undefined, [Symbol.asyncDispose]: () => database.close() };
}

/** Opens what `place` names: for child processes. */
export const openPlace = (place: NonNullable<TestDatabase['place']>): Promise<Database> =>
  'file' in place
    ? Promise.resolve(openSqlite(place.file))
    : openPostgres(place.url, { schema: place.schema });

export async function openSqliteTest(): Promise<TestDatabase> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-db-'));
  const file = path.join(folder, 'test.db');
  const database = openSqlite(file);
  return {
    database,
    place: { file },
    another: undefined, // one process writes it
    async [Symbol.asyncDispose]() {
      await database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

let pglite: Promise<Database> | undefined;

/** Starting one takes a second, so that the tests of a process share it, each in a fresh schema; it ends with the process. */
async function openPgliteTest(): Promise<TestDatabase> {
  const database = await (pglite ??= openPglite());
  return {
    database,
    place: undefined,
    another: undefined,
    async [Symbol.asyncDispose]() {
      await sql`drop schema public cascade`.execute(database.db);
      await sql`create schema public`.execute(database.db);
    },
  };
}

async function openPostgresTest(url: string): Promise<TestDatabase> {
  const schema = `t${process.pid}_${Math.random().toString(36).slice(2)}`;
  const admin = async (text: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(text);
    await client.end();
  };
  await admin(`create schema ${schema}`);
  const opened: Database[] = [];
  const open = async (): Promise<Database> => {
    const database = await openPostgres(url, { schema, connections: 4 });
    opened.push(database);
    return database;
  };
  return {
    database: await open(),
    place: { url, schema },
    another: open,
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((database) => database.close()));
      await admin(`drop schema ${schema} cascade`);
    },
  };
}
