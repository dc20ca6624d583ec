import { sql } from 'kysely';
import type { Db } from './db.ts';

/**
 * Deletes the rows of every workspace that have one of these values, from a table whose primary key begins with the workspace and
 * that column. The workspaces are found by steps along the key, so the cost does not grow with the table.
 */
export async function deleteInAllWorkspaces(
  db: Db,
  table: string,
  column: string,
  values: readonly string[],
): Promise<void> {
  const of = sql.table(table);
  await sql`
    with recursive here (name) as (
      select min(workspace) from ${of}
      union all
      select (select min(t.workspace) from ${of} t where t.workspace > here.name) from here where here.name is not null
    )
    delete from ${of} where workspace in (select name from here where name is not null) and ${sql.ref(column)} in (${sql.join(values)})`.execute(
    db,
  );
}
