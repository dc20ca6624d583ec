import { sql, type Insertable, type Selectable } from 'kysely';
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

/** An hour of a variant in which there are files that could be one. */
export interface CrowdedHour {
  endpoint_id: string;
  serial: number;
  role: string;
  /** When the hour began. */
  from: number;
}

const HOUR = 3_600_000;

/** Oldest first: hours before a time of which there are several files, and not all known to have other columns. */
export async function selectCrowdedHours(ctx: Pick<Ctx, 'db'>, before: number): Promise<CrowdedHour[]> {
  const hour = sql<number | string>`from_at / ${sql.lit(HOUR)}`;
  const rows = await tables(ctx)
    .selectFrom('prediction_segment')
    .select(['endpoint_id', 'serial', 'role', hour.as('hour')])
    .where('from_at', '<', before)
    .groupBy(['endpoint_id', 'serial', 'role', hour])
    .having(sql<boolean>`count(*) > 1 and count(*) > count(distinct form)`)
    .orderBy('hour')
    .execute();
  return rows.map(({ hour: at, ...row }) => ({ ...row, from: Number(at) * HOUR }));
}

/** The files of an hour: what began in it. */
export function selectHour(
  ctx: Pick<Ctx, 'db'>,
  { endpoint_id, serial, role, from }: CrowdedHour,
): Promise<SegmentRow[]> {
  return tables(ctx)
    .selectFrom('prediction_segment')
    .selectAll()
    .where('endpoint_id', '=', endpoint_id)
    .where('serial', '=', serial)
    .where('role', '=', role)
    .where('from_at', '>=', from)
    .where('from_at', '<', from + HOUR)
    .execute();
}

/** What columns files turned out to have. */
export async function setForms(tx: Tx, forms: ReadonlyArray<{ id: string; form: string }>): Promise<void> {
  for (const { id, form } of forms)
    await tables(tx).updateTable('prediction_segment').set({ form }).where('id', '=', id).execute();
}

/** A file of the folder in which another one lies, as rows name it. */
export const inPlaceOf = (other: string, file: string): string =>
  `${other.slice(0, other.lastIndexOf('/'))}/${file}`;

/** One row in the place of many, at the place of the oldest of them, before all later hours; all of them must be there. */
export async function replaceSegments(
  tx: Tx,
  rows: readonly SegmentRow[],
  { file, bytes, form }: { file: string; bytes: number; form: string },
): Promise<void> {
  const oldest = rows.reduce((one, row) => (row.id < one.id ? row : one));
  const gone = await deleteSegments(
    tx,
    rows.map(({ id }) => id),
  );
  if (gone !== rows.length) throw new Error(`of ${rows.length} files ${gone} were there to be made one`);
  const sum = (value: (row: SegmentRow) => number): number => rows.reduce((all, row) => all + value(row), 0);
  await tables(tx)
    .insertInto('prediction_segment')
    .values({
      ...oldest,
      file: inPlaceOf(oldest.file, file),
      from_at: Math.min(...rows.map(({ from_at }) => from_at)),
      to_at: Math.max(...rows.map(({ to_at }) => to_at)),
      predictions: sum((row) => row.predictions),
      row_count: sum((row) => row.row_count),
      merged: 1,
      created_at: tx.clock.now(),
      bytes,
      form,
    })
    .execute();
}

export function selectOldestSegments(ctx: Pick<Ctx, 'db'>, limit: number): Promise<SegmentRow[]> {
  return tables(ctx).selectFrom('prediction_segment').selectAll().orderBy('to_at').limit(limit).execute();
}

/** Of an endpoint, what was answered before a time as a whole, the oldest first. */
export function selectSegmentsBefore(
  ctx: Pick<Ctx, 'db'>,
  endpoint: string,
  before: number,
): Promise<SegmentRow[]> {
  return tables(ctx)
    .selectFrom('prediction_segment')
    .selectAll()
    .where('endpoint_id', '=', endpoint)
    .where('to_at', '<', before)
    .orderBy('to_at')
    .execute();
}

/** How long an endpoint keeps its predictions. */
export type Keeping = Pick<Selectable<ServingTables['endpoint']>, 'id' | 'workspace' | 'keep_ms'>;

/** Of every endpoint, also of those that were taken away: their predictions are kept no longer. */
export function selectKeeping(ctx: Pick<Ctx, 'db'>): Promise<Keeping[]> {
  return tables(ctx).selectFrom('endpoint').select(['id', 'workspace', 'keep_ms']).orderBy('id').execute();
}

export type DeletionRow = Selectable<ServingTables['prediction_deletion']>;

export async function insertDeletion(tx: Tx, row: DeletionRow): Promise<void> {
  await tables(tx).insertInto('prediction_deletion').values(row).execute();
}

/** What took away a prediction that was answered at this time; undefined where a file of its variant may hold it, or none ever did. */
export async function findDeletion(
  ctx: Ctx,
  { endpoint_id, serial }: Pick<SegmentRow, 'endpoint_id' | 'serial'>,
  role: string,
  at: number,
): Promise<DeletionRow | undefined> {
  const kept = await tables(ctx)
    .selectFrom('prediction_segment')
    .select('id')
    .where('workspace', '=', ctx.workspace)
    .where('endpoint_id', '=', endpoint_id)
    .where('serial', '=', serial)
    .where('role', '=', role)
    .where('from_at', '<=', at)
    .where('to_at', '>=', at)
    .limit(1)
    .executeTakeFirst();
  if (kept) return undefined;
  return tables(ctx)
    .selectFrom('prediction_deletion')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('endpoint_id', '=', endpoint_id)
    .where('from_at', '<=', at)
    .where('to_at', '>=', at)
    .orderBy('deleted_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Bytes of all. */
export async function sumSegments(ctx: Pick<Ctx, 'db'>): Promise<number> {
  const { bytes } = await tables(ctx)
    .selectFrom('prediction_segment')
    .select((eb) => eb.fn.sum<number | string | null>('bytes').as('bytes'))
    .executeTakeFirstOrThrow();
  return Number(bytes ?? 0);
}

/** How many of them were there. */
export async function deleteSegments(tx: Tx, ids: readonly string[]): Promise<number> {
  let gone = 0n;
  for (let at = 0; at < ids.length; at += 500) {
    const { numDeletedRows } = await tables(tx)
      .deleteFrom('prediction_segment')
      .where('id', 'in', ids.slice(at, at + 500))
      .executeTakeFirst();
    gone += numDeletedRows;
  }
  return Number(gone);
}

/** Files of a workspace by what they are, with what they hold. */
export async function countSegments(
  ctx: Ctx,
): Promise<Record<'segment' | 'hour', { files: number; bytes: number }>> {
  const rows = await tables(ctx)
    .selectFrom('prediction_segment')
    .select([
      'merged',
      (eb) => eb.fn.countAll<number | string>().as('files'),
      (eb) => eb.fn.sum<number | string>('bytes').as('bytes'),
    ])
    .where('workspace', '=', ctx.workspace)
    .groupBy('merged')
    .execute();
  const of = (merged: number): { files: number; bytes: number } => {
    const found = rows.find((row) => row.merged === merged);
    return { files: Number(found?.files ?? 0), bytes: Number(found?.bytes ?? 0) };
  };
  return { segment: of(0), hour: of(1) };
}
