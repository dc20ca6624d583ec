// SQL of alerts.
import type { Selectable, Updateable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { AlertCause, AlertState } from './contract.ts';
import type { MonitoringTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<MonitoringTables>();
export type AlertRow = Selectable<MonitoringTables['alert']>;
export type TransitionRow = Selectable<MonitoringTables['alert_transition']>;

/** The one of a cause that is not resolved: there is one at most. */
export function findOpen(ctx: Ctx, monitor: string, cause: AlertCause): Promise<AlertRow | undefined> {
  return tables(ctx)
    .selectFrom('alert')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('monitor_id', '=', monitor)
    .where('cause', '=', cause)
    .where('resolved_at', 'is', null)
    .executeTakeFirst();
}

export function selectOpen(ctx: Ctx, monitor: string): Promise<AlertRow[]> {
  return tables(ctx)
    .selectFrom('alert')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('monitor_id', '=', monitor)
    .where('resolved_at', 'is', null)
    .execute();
}

export async function insertAlert(tx: Tx, row: AlertRow): Promise<void> {
  await tables(tx).insertInto('alert').values(row).execute();
}

/** Whether it was in that state: what a person and a window do at once is done one after the other. */
export async function updateAlert(
  tx: Tx,
  { id, state }: Pick<AlertRow, 'id' | 'state'>,
  change: Updateable<MonitoringTables['alert']>,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('alert')
    .set({ ...change, updated_at: tx.clock.now() })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .where('state', '=', state)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** One that never fired. */
export async function removeAlert(tx: Tx, id: string): Promise<void> {
  await tables(tx).deleteFrom('alert_transition').where('alert_id', '=', id).execute();
  await tables(tx).deleteFrom('alert').where('workspace', '=', tx.workspace).where('id', '=', id).execute();
}

export async function insertTransition(
  tx: Tx,
  id: string,
  { state, by, note }: { state: AlertState; by?: string; note?: string },
): Promise<void> {
  const { n } = await tables(tx)
    .selectFrom('alert_transition')
    .select((eb) => eb.fn.countAll().as('n'))
    .where('alert_id', '=', id)
    .executeTakeFirstOrThrow();
  await tables(tx)
    .insertInto('alert_transition')
    .values({
      alert_id: id,
      seq: Number(n) + 1,
      state,
      at: tx.clock.now(),
      by_name: by ?? null,
      note: note ?? null,
    })
    .execute();
}

export function selectTransitions(ctx: Ctx, id: string): Promise<TransitionRow[]> {
  return tables(ctx)
    .selectFrom('alert_transition')
    .selectAll()
    .where('alert_id', '=', id)
    .orderBy('seq')
    .execute();
}

export function findAlert(ctx: Ctx, id: string): Promise<AlertRow | undefined> {
  return tables(ctx)
    .selectFrom('alert')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function requireAlert(ctx: Ctx, id: string): Promise<AlertRow> {
  const found = await findAlert(ctx, id);
  if (found) return found;
  throw missing(`there is no alert '${id}' in workspace '${ctx.workspace}'`, {
    field: 'alert',
    hint: 'list them with: treadle alerts',
  });
}

/** Newest first. */
export function selectAlerts(
  ctx: Ctx,
  query: {
    endpoint?: string | undefined;
    state?: string | undefined;
    cause?: string | undefined;
    severity?: string | undefined;
    open?: boolean | undefined;
    before?: string | undefined;
    limit: number;
  },
): Promise<AlertRow[]> {
  let rows = tables(ctx).selectFrom('alert').selectAll().where('workspace', '=', ctx.workspace);
  if (query.endpoint !== undefined) rows = rows.where('endpoint_id', '=', query.endpoint);
  if (query.state !== undefined) rows = rows.where('state', '=', query.state);
  if (query.cause !== undefined) rows = rows.where('cause', '=', query.cause);
  if (query.severity !== undefined) rows = rows.where('severity', '=', query.severity);
  if (query.open === true) rows = rows.where('resolved_at', 'is', null);
  if (query.before !== undefined) rows = rows.where('id', '<', query.before);
  return rows.orderBy('id', 'desc').limit(query.limit).execute();
}

/** Those that go on, by endpoint, cause, severity and state. */
export async function countActive(
  ctx: Ctx,
): Promise<Array<Pick<AlertRow, 'endpoint_id' | 'cause' | 'severity' | 'state'> & { count: number }>> {
  const rows = await tables(ctx)
    .selectFrom('alert')
    .select(['endpoint_id', 'cause', 'severity', 'state', (eb) => eb.fn.countAll().as('count')])
    .where('workspace', '=', ctx.workspace)
    .where('resolved_at', 'is', null)
    .groupBy(['endpoint_id', 'cause', 'severity', 'state'])
    .execute();
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/** What people said of the alerts of a monitor. */
export async function countFeedback(ctx: Ctx, monitor: string): Promise<{ useful: number; noise: number }> {
  const rows = await tables(ctx)
    .selectFrom('alert')
    .select(['feedback', (eb) => eb.fn.countAll().as('count')])
    .where('workspace', '=', ctx.workspace)
    .where('monitor_id', '=', monitor)
    .where('feedback', 'is not', null)
    .groupBy('feedback')
    .execute();
  const of = (word: string): number => Number(rows.find(({ feedback }) => feedback === word)?.count ?? 0);
  return { useful: of('useful'), noise: of('noise') };
}

/** How many of a cause were resolved since a time: what comes again and again. */
export async function countResolved(
  ctx: Ctx,
  monitor: string,
  cause: string,
  since: number,
): Promise<number> {
  const { n } = await tables(ctx)
    .selectFrom('alert')
    .select((eb) => eb.fn.countAll().as('n'))
    .where('workspace', '=', ctx.workspace)
    .where('monitor_id', '=', monitor)
    .where('cause', '=', cause)
    .where('resolved_at', '>=', since)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** What people say of it, whatever its state. */
export async function annotateAlert(
  tx: Tx,
  id: string,
  change: Pick<Updateable<MonitoringTables['alert']>, 'owner' | 'feedback' | 'feedback_by'>,
): Promise<void> {
  await tables(tx)
    .updateTable('alert')
    .set({ ...change, updated_at: tx.clock.now() })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export type ReportRow = Selectable<MonitoringTables['alert_report']>;

export function findReport(ctx: Ctx, alert: string): Promise<ReportRow | undefined> {
  return tables(ctx)
    .selectFrom('alert_report')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('alert_id', '=', alert)
    .executeTakeFirst();
}

/** False where there is one: the first stays. */
export async function insertReport(tx: Tx, row: ReportRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tables(tx)
    .insertInto('alert_report')
    .values(row)
    .onConflict((on) => on.column('alert_id').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}
