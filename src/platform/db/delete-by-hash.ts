import { sql } from 'kysely';
import type { Db } from './db.ts';

/**
 * Deletes the rows of every workspace that have one of these values, from a table whose primary key begins with the workspace and
 * that column. The workspaces are found by steps along the key, so the cost does not grow with the table. Returns how much of `sum`, a
 * number of each row, went in each of them.
 */
export async function deleteInAllWorkspaces(
  db: Db,
  table: string,
  column: string,
  values: readonly string[],
  sum?: string,
): Promise<ReadonlyMap<string, number>> {
  const of = sql.table(table);
  const gone = await sql<{ workspace: string; amount: number }>`
    with recursive here (name) as (
      select min(workspace) from ${of}
      union all
      select (select min(t.workspace) from ${of} t where t.workspace > here.name) from here where here.name is not null
    )
    delete from ${of} where workspace in (select name from here where name is not null) and ${sql.ref(column)} in (${sql.join(values)})
    returning workspace, ${sum === undefined ? sql.lit(0) : sql.ref(sum)} as amount`.execute(db);
  const sums = new Map<string, number>();
  for (const { workspace, amount } of gone.rows)
    sums.set(workspace, (sums.get(workspace) ?? 0) + Number(amount));
  return sums;
}
