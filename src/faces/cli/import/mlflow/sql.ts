import { DatabaseSync } from 'node:sqlite';
import type { Client as PgClient } from 'pg';
import { fault as refusal } from './refused.ts';

export type Row = Readonly<Record<string, unknown>>;

/** The little of SQL that reading another's database takes, the same for both kinds. */
export interface Sql {
  /** Names of a table's columns; none where there is no such table. */
  columns(table: string): Promise<ReadonlySet<string>>;
  /** Rows as they come, some at a time: a table may be larger than memory. `?` stands for a parameter. */
  rows(text: string, parameters?: readonly string[]): AsyncIterable<Row[]>;
  close(): Promise<void> | void;
}

const PORTION = 1000;

export async function all(sql: Sql, text: string, parameters: readonly string[] = []): Promise<Row[]> {
  const found: Row[] = [];
  for await (const rows of sql.rows(text, parameters)) found.push(...rows);
  return found;
}

export function openSqlite(file: string): Sql {
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
    // One state of the database for the whole import, whoever writes meanwhile.
    db.exec('BEGIN');
  } catch (error) {
    throw refusal(file, error);
  }
  return {
    columns: (table) => {
      const found = db.prepare('SELECT name FROM pragma_table_info(?)').all(table);
      return Promise.resolve(new Set(found.map(({ name }) => String(name))));
    },
    // eslint-disable-next-line typescript/require-await -- the interface is that of both kinds
    async *rows(text, parameters = []) {
      const statement = db.prepare(text);
      // A step may be any whole number of 64 bits.
      statement.setReadBigInts(true);
      let portion: Row[] = [];
      for (const row of statement.iterate(...parameters)) {
        portion.push(row);
        if (portion.length < PORTION) continue;
        yield portion;
        portion = [];
      }
      if (portion.length > 0) yield portion;
    },
    close: () => db.close(),
  };
}

export async function openPostgres(url: string): Promise<Sql> {
  const { Client } = (await import('pg')).default;
  // SQLAlchemy names the driver, which is nobody else's business.
  const client: PgClient = new Client({
    connectionString: url.replace(/^postgres(?:ql)?(?:\+\w+)?:/, 'postgres:'),
  });
  try {
    await client.connect();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  } catch (error) {
    await client.end().catch(() => undefined);
    throw refusal(url.replace(/\/\/[^/@]*@/, '//'), error);
  }
  let cursors = 0;
  return {
    async columns(table) {
      const { rows } = await client.query<{ column_name: string }>(
        'SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1',
        [table],
      );
      return new Set(rows.map(({ column_name }) => column_name));
    },
    async *rows(text, parameters = []) {
      let n = 0;
      const cursor = `treadle_${++cursors}`;
      await client.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${text.replaceAll('?', () => `$${++n}`)}`, [
        ...parameters,
      ]);
      try {
        for (;;) {
          const { rows } = await client.query<Record<string, unknown>>(`FETCH ${PORTION} FROM ${cursor}`);
          if (rows.length === 0) return;
          yield rows;
        }
      } finally {
        await client.query(`CLOSE ${cursor}`).catch(() => undefined);
      }
    },
    close: () => client.end(),
  };
}
