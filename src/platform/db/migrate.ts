import { sql } from 'kysely';
import type { Database } from './database.ts';

/**
 * One step of the schema. `sql` holds statements that both databases read: text ids, `bigint` for
 * integers and milliseconds, `double precision`, `text` for JSON. An id, once released, never changes.
 */
export interface Migration {
  /** `room-001-what`, unique over the whole house. */
  id: string;
  sql: readonly string[];
}

type MigrationTable = { schema_migration: { id: string; applied_at: number } };

/** Applies what is missing, in one transaction under a lock: a kill leaves all or nothing. */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<string[]> {
  const ids = new Set<string>();
  for (const { id } of migrations) {
    if (ids.has(id)) throw new Error(`two migrations are called ${id}`);
    ids.add(id);
  }
  return database.write(async (db) => {
    const applied: string[] = []; // in here: the transaction may run again
    // The lock comes first: of two servers that make the table at once Postgres would refuse one.
    const lock = database.dialect.sequenceLock('schema_migration');
    if (lock) await lock.execute(db);
    await sql`create table if not exists schema_migration (id text primary key, applied_at bigint not null)`.execute(
      db,
    );
    const tables = db.$extendTables<MigrationTable>();
    const done = new Set(
      (await tables.selectFrom('schema_migration').select('id').execute()).map((row) => row.id),
    );
    const unknown = [...done].filter((id) => !ids.has(id));
    if (unknown.length > 0) {
      throw new Error(
        `this database was written by a newer Treadle (it has ${unknown.join(', ')}); start that version or a newer one`,
      );
    }
    for (const migration of migrations) {
      if (done.has(migration.id)) continue;
      for (const statement of migration.sql) await sql.raw(statement).execute(db);
      await tables
        .insertInto('schema_migration')
        .values({ id: migration.id, applied_at: Date.now() })
        .execute();
      applied.push(migration.id);
    }
    return applied;
  });
}
