import type { Selectable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { ServingTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<ServingTables>();
export type MinuteRow = Selectable<ServingTables['serving_minute']>;

/** Of all workspaces: what the planes of this server did. */
export async function insertMinutes(tx: Tx, rows: readonly MinuteRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += 50)
    await tables(tx)
      .insertInto('serving_minute')
      .values(rows.slice(at, at + 50))
      .execute();
}

export function selectMinutes(
  ctx: Ctx,
  endpoint: string,
  { from, to }: { from: number; to: number },
): Promise<MinuteRow[]> {
  return tables(ctx)
    .selectFrom('serving_minute')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('endpoint_id', '=', endpoint)
    .where('minute', '>=', from)
    .where('minute', '<', to)
    .orderBy('minute')
    .execute();
}

export async function deleteMinutesBefore(tx: Tx, minute: number): Promise<void> {
  await tables(tx).deleteFrom('serving_minute').where('minute', '<', minute).execute();
}
