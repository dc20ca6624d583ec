import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Resolves when a write has reached the disk; it changes nothing. */
export async function requireWritable(database: Database): Promise<void> {
  await database.write((db) =>
    sql`update schema_migration set applied_at = applied_at where id = (select min(id) from schema_migration)`.execute(
      db,
    ),
  );
}
