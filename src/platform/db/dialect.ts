import { sql, type Expression, type RawBuilder, type SqlBool } from 'kysely';
import type { Db } from './db.ts';

/**
 * Every difference between the databases has a name here. Code outside `platform/db` may ask for a
 * capability; it may never ask which database it is.
 */
export interface Dialect {
  /** For logs and `treadle config` only; never branch on it. */
  readonly label: 'SQLite' | 'Postgres';
  /** LIKE that tells upper case from lower; `%` and `_` are wildcards, nothing escapes them. */
  like(left: Expression<unknown>, pattern: string): RawBuilder<SqlBool>;
  /** LIKE that does not tell upper case from lower. */
  ilike(left: Expression<unknown>, pattern: string): RawBuilder<SqlBool>;
  /** Whether a text fits a pattern in which `*` stands for any characters and everything else for itself, upper and lower case told apart. */
  fits(left: Expression<unknown>, pattern: string): RawBuilder<SqlBool>;
  /** Whether a text is one of these, however many: one parameter, and so one statement that stays prepared. */
  isOneOf(left: Expression<unknown>, values: readonly string[]): RawBuilder<SqlBool>;
  /** The n-th placeholder (from 1) of a statement written by hand. */
  placeholder(n: number): string;
  /** Most parameters one statement may carry. */
  readonly maxParameters: number;
  /** Taken in a transaction, gives the writers of a named sequence a total order until it ends. Undefined where one writer exists anyway. */
  sequenceLock(name: string): RawBuilder<unknown> | undefined;
  /** Appended to a select that claims rows: leaves out rows another process holds. */
  readonly forUpdateSkipLocked: RawBuilder<unknown>;
  /** Other processes may write the same database: look for their work now and then, and wait out their leases. */
  readonly shared: boolean;
  /** Whether the schema has a table of this name. */
  tableExists(db: Db, name: string): Promise<boolean>;
  /** What is wrong with how a table and its indexes are stored; empty where the database keeps watch over that itself. */
  tableFaults(db: Db, table: string): Promise<string[]>;
}

export const sqliteDialect: Dialect = {
  label: 'SQLite',
  // The connections set `case_sensitive_like`.
  like: (left, pattern) => sql<SqlBool>`${left} like ${pattern}`,
  ilike: (left, pattern) => sql<SqlBool>`lower(${left}) like lower(${pattern})`,
  fits: (left, pattern) => sql<SqlBool>`${left} glob ${pattern.replaceAll(/[[?]/g, '[$&]')}`,
  isOneOf: (left, values) =>
    sql<SqlBool>`${left} in (select value from json_each(${JSON.stringify(values)}))`,
  placeholder: () => '?',
  maxParameters: 30_000,
  sequenceLock: () => undefined,
  forUpdateSkipLocked: sql``,
  shared: false,
  async tableExists(db, name) {
    const { rows } = await sql`select 1 from sqlite_master where type = 'table' and name = ${name}`.execute(
      db,
    );
    return rows.length > 0;
  },
  async tableFaults(db, table) {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check(${sql.id(table)})`.execute(
      db,
    );
    return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
  },
};

export const postgresDialect: Dialect = {
  label: 'Postgres',
  like: (left, pattern) => sql<SqlBool>`${left} like ${pattern} escape ''`,
  ilike: (left, pattern) => sql<SqlBool>`${left} ilike ${pattern} escape ''`,
  fits: (left, pattern) =>
    sql<SqlBool>`${left} like ${pattern.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%')} escape '!'`,
  isOneOf: (left, values) => sql<SqlBool>`${left} = any(${[...values]}::text[])`,
  placeholder: (n) => `$${n}`,
  maxParameters: 60_000,
  sequenceLock: (name) => sql`select pg_advisory_xact_lock(hashtext(${name}))`,
  forUpdateSkipLocked: sql`for update skip locked`,
  shared: true,
  async tableExists(db, name) {
    const { rows } = await sql<{ known: boolean }>`select to_regclass(${name}) is not null as known`.execute(
      db,
    );
    return rows[0]?.known === true;
  },
  tableFaults: () => Promise.resolve([]),
};
