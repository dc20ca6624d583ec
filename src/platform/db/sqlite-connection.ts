import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
} from 'kysely';
import type { Db } from './db.ts';

const MINIMUM = [3, 51, 3] as const; // below it, two connections checkpointing at once can corrupt the WAL

export function openSqliteFile(path: string, options: { readOnly: boolean }): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: options.readOnly, enableForeignKeyConstraints: true });
  const version = String(db.prepare('select sqlite_version() as v').get()?.['v']);
  const parts = version.split('.').map(Number);
  const older = MINIMUM.findIndex((want, i) => (parts[i] ?? 0) !== want);
  if (older >= 0 && (parts[older] ?? 0) < MINIMUM[older]!) {
    throw new Error(
      `SQLite ${version} can corrupt its write-ahead log; Treadle needs ${MINIMUM.join('.')} or newer: use a newer Node`,
    );
  }
  db.exec(
    `pragma busy_timeout = 5000; pragma case_sensitive_like = on; pragma temp_store = memory; pragma cache_size = -16000`,
  );
  // FULL: in WAL mode the often advised NORMAL forces nothing to disk at a commit, and what was acknowledged could be gone after a power cut.
  if (!options.readOnly) db.exec(`pragma journal_mode = wal; pragma synchronous = full`);
  return db;
}

/** Runs compiled queries on one connection, synchronously, with its prepared statements kept. */
export class SqliteConnection implements DatabaseConnection {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  run<R>(text: string, parameters: readonly unknown[]): QueryResult<R> {
    const { statement, columns } = this.#prepare(text);
    const values = parameters.map(toSqlite);
    // node:sqlite types rows as records of column values; Kysely's type for the query says which columns.
    if (columns.length > 0) return { rows: statement.all(...values) as R[] };
    const { changes } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  /** The same, each row as the values of its columns: what goes to another thread repeats no names. */
  table(text: string, parameters: readonly unknown[]): { columns: readonly string[]; rows: unknown[][] } {
    const { statement, columns } = this.#prepare(text);
    statement.setReturnArrays(true);
    try {
      return { columns, rows: statement.all(...parameters.map(toSqlite)) as unknown as unknown[][] };
    } finally {
      statement.setReturnArrays(false);
    }
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      return Promise.resolve(this.run<R>(query.sql, query.parameters));
    } catch (thrown) {
      return Promise.reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming queries are not used on SQLite: page by key instead');
  }

  #prepare(text: string): Prepared {
    const known = this.#statements.get(text);
    if (known) {
      this.#statements.delete(text); // to the end: the map is the LRU list
      this.#statements.set(text, known);
      return known;
    }
    const statement = this.#db.prepare(text);
    const fresh = { statement, columns: statement.columns().map(({ name }) => name) };
    this.#statements.set(text, fresh);
    if (this.#statements.size > 500) {
      const oldest = this.#statements.keys().next();
      if (!oldest.done) this.#statements.delete(oldest.value);
    }
    return fresh;
  }
}

interface Prepared {
  statement: StatementSync;
  /** Their names; none where the statement answers no rows. */
  columns: readonly string[];
}

function toSqlite(value: unknown): SQLInputValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(
    `a ${Object.prototype.toString.call(value)} cannot be a SQL parameter: hand in text or a number`,
  );
}

/** Kysely otherwise lets one query in at a time, since it takes SQLite for one connection. */
class SeveralConnections extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** `several`: what stands behind the connection answers several queries at once. */
export function kyselyOn(connection: DatabaseConnection, several = false): Db {
  const driver: Driver = {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(connection),
    beginTransaction: () => Promise.reject(new Error('transactions go through Database.write')),
    commitTransaction: () => Promise.resolve(),
    rollbackTransaction: () => Promise.resolve(),
    releaseConnection: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  };
  return new Kysely({
    dialect: {
      createDriver: () => driver,
      createAdapter: () => (several ? new SeveralConnections() : new SqliteAdapter()),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (db) => new SqliteIntrospector(db),
    },
  });
}
