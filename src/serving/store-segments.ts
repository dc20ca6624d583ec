import type { Insertable, Selectable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { ServingTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<ServingTables>();
export type SegmentRow = Selectable<ServingTables['prediction_segment']>;

/** False for one that is there already: it is announced by its plane, and found after a start. */
export async function insertSegment(
  tx: Tx,
  row: Insertable<ServingTables['prediction_segment']>,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tables(tx)
    .insertInto('prediction_segment')
    .values(row)
    .onConflict((on) => on.column('file').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

/** Of an endpoint, newest first. */
export function selectSegments(
  ctx: Ctx,
  endpoint: string,
  query: {
    from?: number | undefined;
    to?: number | undefined;
    revision?: number | undefined;
    before?: string | undefined;
    limit: number;
  },
): Promise<SegmentRow[]> {
  let rows = tables(ctx)
    .selectFrom('prediction_segment')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('endpoint_id', '=', endpoint);
  if (query.from !== undefined) rows = rows.where('to_at', '>=', query.from);
  if (query.to !== undefined) rows = rows.where('from_at', '<', query.to);
  if (query.revision !== undefined) rows = rows.where('revision', '=', query.revision);
  if (query.before !== undefined) rows = rows.where('id', '<', query.before);
  return rows.orderBy('id', 'desc').limit(query.limit).execute();
}

/**
 * What follows looks over the walls between workspaces: files and their bounds are of the whole server. Nothing of it reaches a
 * caller.
 */
export function findAnyRevision(
  ctx: Pick<Ctx, 'db'>,
  serial: number,
): Promise<{ workspace: string; endpoint_id: string; revision: number } | undefined> {
  return tables(ctx)
    .selectFrom('revision')
    .select(['workspace', 'endpoint_id', 'revision'])
    .where('serial', '=', serial)
    .executeTakeFirst();
}

/** Ids by file. */
export async function segmentFiles(ctx: Pick<Ctx, 'db'>, endpoint: string): Promise<Map<string, string>> {
  const rows = await tables(ctx)
    .selectFrom('prediction_segment')
    .select(['file', 'id'])
    .where('endpoint_id', '=', endpoint)
    .execute();
  return new Map(rows.map(({ file, id }) => [file, id]));
}

export function selectOldestSegments(ctx: Pick<Ctx, 'db'>, limit: number): Promise<SegmentRow[]> {
  return tables(ctx).selectFrom('prediction_segment').selectAll().orderBy('to_at').limit(limit).execute();
}

/** Bytes of all, or of one workspace's. */
export async function sumSegments(ctx: Pick<Ctx, 'db'>, workspace?: string): Promise<number> {
  let rows = tables(ctx)
    .selectFrom('prediction_segment')
    .select((eb) => eb.fn.sum<number | string | null>('bytes').as('bytes'));
  if (workspace !== undefined) rows = rows.where('workspace', '=', workspace);
  const { bytes } = await rows.executeTakeFirstOrThrow();
  return Number(bytes ?? 0);
}

export async function deleteSegments(tx: Tx, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += 500)
    await tables(tx)
      .deleteFrom('prediction_segment')
      .where('id', 'in', ids.slice(at, at + 500))
      .execute();
}
