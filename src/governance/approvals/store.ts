// All SQL of approvals.
import { sql, type Selectable } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { missing } from '../../platform/errors/index.ts';
import type { ApprovalTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<ApprovalTables>();
export type PolicyRow = Selectable<ApprovalTables['approval_policy']>;
export type RequestRow = Selectable<ApprovalTables['approval_request']>;
export type DecisionRow = Selectable<ApprovalTables['approval_decision']>;
export type PromotionRow = Selectable<ApprovalTables['approval_promotion']>;
export type ReviewRow = Selectable<ApprovalTables['approval_review']>;

/** Those that hold now, by name. */
export const selectPolicies = (ctx: Ctx): Promise<PolicyRow[]> =>
  tables(ctx)
    .selectFrom('approval_policy')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('ended_at', 'is', null)
    .orderBy('name')
    .execute();

/** All revisions of one, newest first. */
export const selectRevisions = (ctx: Ctx, name: string): Promise<PolicyRow[]> =>
  tables(ctx)
    .selectFrom('approval_policy')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('name', '=', name)
    .orderBy('revision', 'desc')
    .execute();

export async function insertPolicy(tx: Tx, row: PolicyRow): Promise<void> {
  await tables(tx).insertInto('approval_policy').values(row).execute();
}

/** Whether one held. */
export async function endRevisions(tx: Tx, name: string, at: number): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('approval_policy')
    .set({ ended_at: at })
    .where('workspace', '=', tx.workspace)
    .where('name', '=', name)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function insertRequest(tx: Tx, row: RequestRow): Promise<void> {
  await tables(tx).insertInto('approval_request').values(row).execute();
}

export const findRequest = (ctx: Ctx, id: string): Promise<RequestRow | undefined> =>
  tables(ctx)
    .selectFrom('approval_request')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();

export async function selectRequestsById(ctx: Ctx, ids: readonly string[]): Promise<RequestRow[]> {
  if (ids.length === 0) return [];
  return tables(ctx)
    .selectFrom('approval_request')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', 'in', ids)
    .execute();
}

export async function requireRequest(ctx: Ctx, id: string): Promise<RequestRow> {
  const row = await findRequest(ctx, id);
  if (row) return row;
  throw missing(`there is no request '${id}' in workspace '${ctx.workspace}'`, {
    field: 'request',
    hint: 'list them with: treadle requests',
  });
}

/** That have not ended, of one target and version, newest first. */
export const selectOpenFor = (ctx: Ctx, target: string, version: string): Promise<RequestRow[]> =>
  tables(ctx)
    .selectFrom('approval_request')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('target', '=', target)
    .where('version_ref', '=', version)
    .where('ended', 'is', null)
    .orderBy('id', 'desc')
    .execute();

export function selectRequests(
  ctx: Ctx,
  query: {
    waiting: boolean;
    model?: string | undefined;
    /** What the ledger calls the model that has this name now: `model:flights`. */
    ref?: string | undefined;
    before?: string | undefined;
    limit: number;
  },
): Promise<RequestRow[]> {
  let rows = tables(ctx).selectFrom('approval_request').selectAll().where('workspace', '=', ctx.workspace);
  if (query.waiting) rows = rows.where('ended', 'is', null);
  if (query.ref !== undefined) {
    const versions = `model_version:${query.ref.slice('model:'.length)}/`;
    rows = rows.where(sql`substr(version_ref, 1, ${versions.length})`, '=', versions);
  } else if (query.model !== undefined) rows = rows.where('model', '=', query.model);
  if (query.before !== undefined) rows = rows.where('id', '<', query.before);
  return rows.orderBy('id', 'desc').limit(query.limit).execute();
}

/** Whether it had not ended: it is used, or withdrawn, once. */
export async function endRequest(
  tx: Tx,
  id: string,
  ended: 'promoted' | 'withdrawn',
  at: number,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('approval_request')
    .set({ ended, ended_at: at })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .where('ended', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Of these requests, each one's in their order. */
export const selectDecisions = (ctx: Ctx, requests: readonly string[]): Promise<DecisionRow[]> =>
  tables(ctx)
    .selectFrom('approval_decision')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('request_id', 'in', requests)
    .orderBy('request_id')
    .orderBy('seq')
    .execute();

export async function insertDecision(tx: Tx, row: DecisionRow): Promise<void> {
  await tables(tx).insertInto('approval_decision').values(row).execute();
}

/** Of a program's request: who proposed the change that it asks for has asked for it. */
export async function setRequester(tx: Tx, id: string, user: string): Promise<void> {
  await tables(tx)
    .updateTable('approval_request')
    .set({ requested_user: user })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .where('requested_user', 'is', null)
    .execute();
}

/** What a merge was somebody's word about, from the first time that it was heard of a target and a version. */
export async function wordOfMerge(
  tx: Tx,
  row: Omit<Selectable<ApprovalTables['approval_merge']>, 'workspace' | 'at'>,
): Promise<Pick<Selectable<ApprovalTables['approval_merge']>, 'version_ref' | 'sum' | 'request_id'>> {
  await tables(tx)
    .insertInto('approval_merge')
    .values({ ...row, workspace: tx.workspace, at: tx.clock.now() })
    .onConflict((on) => on.doNothing())
    .execute();
  return tables(tx)
    .selectFrom('approval_merge')
    .select(['version_ref', 'sum', 'request_id'])
    .where('workspace', '=', tx.workspace)
    .where('target', '=', row.target)
    .where('merge', '=', row.merge)
    .executeTakeFirstOrThrow();
}

export const selectPromotions = (ctx: Ctx, target: string): Promise<PromotionRow[]> =>
  tables(ctx)
    .selectFrom('approval_promotion')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('target', '=', target)
    .orderBy('id', 'desc')
    .execute();

export async function insertPromotion(tx: Tx, row: PromotionRow): Promise<void> {
  await tables(tx).insertInto('approval_promotion').values(row).execute();
}

/** One for each request, however often its glass is broken. */
export async function insertReview(tx: Tx, row: ReviewRow): Promise<void> {
  await tables(tx)
    .insertInto('approval_review')
    .values(row)
    .onConflict((on) => on.column('request_id').doNothing())
    .execute();
}

export const findReview = (ctx: Ctx, request: string): Promise<ReviewRow | undefined> =>
  tables(ctx)
    .selectFrom('approval_review')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('request_id', '=', request)
    .executeTakeFirst();

export async function closeReviewRow(
  tx: Tx,
  request: string,
  change: Pick<ReviewRow, 'closed_at' | 'closed_by' | 'finding'>,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('approval_review')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('request_id', '=', request)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** How the move was made that used a request; undefined where none did. */
/** By what each of these requests was promoted. */
export async function selectPromotionsBy(
  ctx: Ctx,
  requests: ReadonlyArray<Pick<RequestRow, 'id' | 'target'>>,
): Promise<PromotionRow[]> {
  if (requests.length === 0) return [];
  return tables(ctx)
    .selectFrom('approval_promotion')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('target', 'in', [...new Set(requests.map(({ target }) => target))])
    .where(
      'request_id',
      'in',
      requests.map(({ id }) => id),
    )
    .execute();
}

export function selectReviews(
  ctx: Ctx,
  query: { open: boolean; before?: string | undefined; limit: number },
): Promise<ReviewRow[]> {
  let rows = tables(ctx)
    .selectFrom('approval_review')
    .selectAll()
    .where('approval_review.workspace', '=', ctx.workspace);
  if (query.open) rows = rows.where('closed_at', 'is', null);
  if (query.before !== undefined) rows = rows.where('request_id', '<', query.before);
  return rows.orderBy('request_id', 'desc').limit(query.limit).execute();
}
