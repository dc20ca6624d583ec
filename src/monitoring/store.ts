// All SQL of the room.
import type { Selectable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { insertMany } from '../platform/db/index.ts';
import type { MonitoringTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<MonitoringTables>();
export type OutcomeRow = Selectable<MonitoringTables['outcome']>;
export type OutcomeTableRow = Selectable<MonitoringTables['outcome_table']>;
/** Places in a statement are bounded. */
const PORTION = 400;

const OUTCOME = [
  'id',
  'workspace',
  'endpoint_id',
  'subject',
  'prediction',
  'row_number',
  'key',
  'time',
  'label',
  'number',
  'observed_at',
  'received_at',
] as const satisfies ReadonlyArray<keyof OutcomeRow>;

export async function insertOutcomes(tx: Tx, rows: readonly OutcomeRow[]): Promise<void> {
  const values = rows.map((row) => OUTCOME.map((column) => row[column]));
  await insertMany(tx.db, tx.dialect, 'outcome', OUTCOME, values);
}

/** What is there of these subjects and not folded, oldest first. */
export async function selectOfSubjects(
  ctx: Ctx,
  endpoint: string,
  subjects: readonly string[],
): Promise<OutcomeRow[]> {
  const found: OutcomeRow[] = [];
  for (let at = 0; at < subjects.length; at += PORTION)
    found.push(
      ...(await tables(ctx)
        .selectFrom('outcome')
        .selectAll()
        .where('workspace', '=', ctx.workspace)
        .where('endpoint_id', '=', endpoint)
        .where('subject', 'in', subjects.slice(at, at + PORTION))
        .orderBy('id')
        .execute()),
    );
  return found;
}

/** Not folded, oldest first. */
export function selectOutcomes(
  ctx: Ctx,
  endpoint: string,
  { after, limit }: { after: string; limit: number },
): Promise<OutcomeRow[]> {
  return tables(ctx)
    .selectFrom('outcome')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('endpoint_id', '=', endpoint)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** The id of the oldest that is not folded, where there are more than so many. */
export async function oldestOfMany(ctx: Ctx, endpoint: string, many: number): Promise<string | undefined> {
  const one = tables(ctx)
    .selectFrom('outcome')
    .select('id')
    .where('workspace', '=', ctx.workspace)
    .where('endpoint_id', '=', endpoint)
    .orderBy('id')
    .limit(1);
  const far = await one.offset(many).executeTakeFirst();
  return far && (await one.executeTakeFirst())?.id;
}

/** Takes away what was folded; how many were there. */
export async function deleteOutcomes(tx: Tx, ids: readonly string[]): Promise<number> {
  let gone = 0n;
  for (let at = 0; at < ids.length; at += PORTION) {
    const { numDeletedRows } = await tables(tx)
      .deleteFrom('outcome')
      .where('workspace', '=', tx.workspace)
      .where('id', 'in', ids.slice(at, at + PORTION))
      .executeTakeFirst();
    gone += numDeletedRows;
  }
  return Number(gone);
}

/** False where an equal one is there. */
export async function insertTable(tx: Tx, row: OutcomeTableRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tables(tx)
    .insertInto('outcome_table')
    .values(row)
    .onConflict((on) => on.columns(['endpoint_id', 'digest']).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

export function findTable(ctx: Ctx, endpoint: string, digest: string): Promise<OutcomeTableRow | undefined> {
  return tables(ctx)
    .selectFrom('outcome_table')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('endpoint_id', '=', endpoint)
    .where('digest', '=', digest)
    .executeTakeFirst();
}

/** Newest first. */
export function selectTables(
  ctx: Ctx,
  endpoint: string,
  query: { kind?: string; before?: string | undefined; limit: number },
): Promise<OutcomeTableRow[]> {
  let rows = tables(ctx)
    .selectFrom('outcome_table')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('endpoint_id', '=', endpoint);
  if (query.kind !== undefined) rows = rows.where('kind', '=', query.kind);
  if (query.before !== undefined) rows = rows.where('id', '<', query.before);
  return rows.orderBy('id', 'desc').limit(query.limit).execute();
}

/**
 * Outcomes of predictions of before a time: rows by that, and whole files that arrived before it, since what an outcome is of was asked
 * earlier. At most so many of both; how many there were, and how many rows were in the files.
 */
export async function deleteOutcomesBefore(
  tx: Tx,
  endpoint: string,
  before: number,
  limit: number,
): Promise<{ outcomes: number; tables: number; rows: number }> {
  const old = await tables(tx)
    .selectFrom('outcome')
    .select('id')
    .where('workspace', '=', tx.workspace)
    .where('endpoint_id', '=', endpoint)
    .where('time', '<', before)
    .where('received_at', '<', before)
    .orderBy('id')
    .limit(limit)
    .execute();
  const files = await tables(tx)
    .selectFrom('outcome_table')
    .select(['id', 'accepted'])
    .where('workspace', '=', tx.workspace)
    .where('endpoint_id', '=', endpoint)
    .where('received_at', '<', before)
    .orderBy('id')
    .limit(limit)
    .execute();
  for (let at = 0; at < files.length; at += PORTION)
    await tables(tx)
      .deleteFrom('outcome_table')
      .where('workspace', '=', tx.workspace)
      .where(
        'id',
        'in',
        files.slice(at, at + PORTION).map(({ id }) => id),
      )
      .execute();
  return {
    outcomes: await deleteOutcomes(
      tx,
      old.map(({ id }) => id),
    ),
    tables: files.length,
    rows: files.reduce((sum, { accepted }) => sum + accepted, 0),
  };
}
