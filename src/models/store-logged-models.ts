import type { Selectable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { forbidden, missing } from '../platform/errors/index.ts';
import { insertMany } from '../platform/db/index.ts';
import type { LoggedModel, LoggedModelStatus, ModelFacts, ModelMetric } from './contract.ts';
import type { ModelTables } from './schema.ts';
import { tables } from './store.ts';

export type LoggedModelRow = Selectable<ModelTables['logged_model']>;

export async function insertLoggedModel(tx: Tx, row: LoggedModelRow): Promise<void> {
  await tables(tx).insertInto('logged_model').values(row).execute();
}

export async function findLoggedModel(
  ctx: Ctx,
  id: string,
  deleted = false,
): Promise<LoggedModelRow | undefined> {
  let query = tables(ctx)
    .selectFrom('logged_model')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id);
  if (!deleted) query = query.where('deleted_at', 'is', null);
  return await query.executeTakeFirst();
}

export async function requireLoggedModel(ctx: Ctx, id: string, deleted = false): Promise<LoggedModelRow> {
  const row = await findLoggedModel(ctx, id, deleted);
  if (!row)
    throw missing(`there is no logged model '${id}'`, {
      field: 'model_id',
      hint: 'list them under /api/v1/logged-models',
    });
  return row;
}

/** For a change: a step's token changes what its own execution logged, and nothing else. */
export async function requireOwnLoggedModel(ctx: Ctx, id: string): Promise<LoggedModelRow> {
  const row = await requireLoggedModel(ctx, id);
  if (ctx.actor.execution !== undefined && row.created_by !== ctx.actor.name)
    throw forbidden(`the token of ${ctx.actor.name} may not change logged model '${id}'`, {
      field: 'model_id',
      hint: 'log a model of its own',
    });
  return row;
}

/** Which of these exist in this workspace, deleted ones included. */
export async function existingLoggedModels(ctx: Ctx, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tables(ctx)
    .selectFrom('logged_model')
    .select('id')
    .where('workspace', '=', ctx.workspace)
    .where('id', 'in', [...ids])
    .execute();
  return new Set(rows.map(({ id }) => id));
}

type Change = Partial<Pick<LoggedModelRow, 'status' | 'updated_at' | 'facts' | 'deleted_at'>>;

export async function updateLoggedModelRow(tx: Tx, id: string, change: Change): Promise<void> {
  await tables(tx)
    .updateTable('logged_model')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export async function putLoggedModelTags(
  tx: Tx,
  id: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = Object.entries(tags).map(([key, value]) => ({
    workspace: tx.workspace,
    model_id: id,
    key,
    value,
  }));
  if (rows.length === 0) return;
  await tables(tx)
    .insertInto('logged_model_tag')
    .values(rows)
    .onConflict((on) =>
      on.columns(['workspace', 'model_id', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    )
    .execute();
}

export async function loggedModelTag(ctx: Ctx, id: string, key: string): Promise<string | undefined> {
  const row = await tables(ctx)
    .selectFrom('logged_model_tag')
    .select('value')
    .where('workspace', '=', ctx.workspace)
    .where('model_id', '=', id)
    .where('key', '=', key)
    .executeTakeFirst();
  return row?.value;
}

export async function removeLoggedModelTag(tx: Tx, id: string, key: string): Promise<boolean> {
  const { numDeletedRows } = await tables(tx)
    .deleteFrom('logged_model_tag')
    .where('workspace', '=', tx.workspace)
    .where('model_id', '=', id)
    .where('key', '=', key)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function paramsOf(ctx: Ctx, id: string): Promise<Map<string, string>> {
  const rows = await tables(ctx)
    .selectFrom('logged_model_param')
    .select(['key', 'value'])
    .where('workspace', '=', ctx.workspace)
    .where('model_id', '=', id)
    .execute();
  return new Map(rows.map(({ key, value }) => [key, value]));
}

export async function insertParams(
  tx: Tx,
  id: string,
  params: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = Object.entries(params).map(([key, value]) => [tx.workspace, id, key, value]);
  await insertMany(tx.db, tx.dialect, 'logged_model_param', ['workspace', 'model_id', 'key', 'value'], rows);
}

/** A point that was logged before is not logged again. */
export async function insertModelMetrics(
  tx: Tx,
  points: ReadonlyArray<ModelMetric & { model_id: string }>,
): Promise<void> {
  const rows = points.map((point) => [
    tx.workspace,
    point.model_id,
    point.run_id,
    point.key,
    point.value === 'NaN' ? 0 : point.value,
    point.value === 'NaN' ? 1 : 0,
    point.timestamp,
    point.step,
    point.dataset_name ?? '',
    point.dataset_digest ?? '',
  ]);
  const columns = [
    'workspace',
    'model_id',
    'run_id',
    'key',
    'value',
    'nan',
    'timestamp',
    'step',
    'dataset_name',
    'dataset_digest',
  ];
  await insertMany(tx.db, tx.dialect, 'logged_model_metric', columns, rows, 'on conflict do nothing');
}

/** Rows as nouns, with params, tags and metrics; three queries however many there are. */
export async function toLoggedModels(ctx: Ctx, rows: readonly LoggedModelRow[]): Promise<LoggedModel[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const room = tables(ctx);
  const [params, tags, metrics] = await Promise.all([
    room
      .selectFrom('logged_model_param')
      .selectAll()
      .where('workspace', '=', ctx.workspace)
      .where('model_id', 'in', ids)
      .orderBy('key')
      .execute(),
    room
      .selectFrom('logged_model_tag')
      .selectAll()
      .where('workspace', '=', ctx.workspace)
      .where('model_id', 'in', ids)
      .orderBy('key')
      .execute(),
    room
      .selectFrom('logged_model_metric')
      .selectAll()
      .where('workspace', '=', ctx.workspace)
      .where('model_id', 'in', ids)
      .orderBy('key')
      .orderBy('timestamp')
      .orderBy('step')
      .execute(),
  ]);
  const paramsById = Map.groupBy(params, ({ model_id }) => model_id);
  const tagsById = Map.groupBy(tags, ({ model_id }) => model_id);
  const metricsById = Map.groupBy(metrics, ({ model_id }) => model_id);
  return rows.map((row) => ({
    id: row.id,
    experiment_id: String(row.experiment_id),
    name: row.name,
    ...(row.model_type === null ? {} : { model_type: row.model_type }),
    ...(row.run_id === null ? {} : { run_id: row.run_id }),
    location: row.location,
    status: toStatus(row.status),
    created_at: row.created_at,
    updated_at: row.updated_at,
    ...(row.deleted_at === null ? {} : { deleted_at: row.deleted_at }),
    created_by: row.created_by,
    params: Object.fromEntries((paramsById.get(row.id) ?? []).map(({ key, value }) => [key, value])),
    tags: Object.fromEntries((tagsById.get(row.id) ?? []).map(({ key, value }) => [key, value])),
    metrics: (metricsById.get(row.id) ?? []).map(toMetric),
    // Written by this room as JSON of exactly this shape.
    ...(row.facts === null ? {} : { facts: JSON.parse(row.facts) as ModelFacts }),
  }));
}

export async function toLoggedModel(ctx: Ctx, row: LoggedModelRow): Promise<LoggedModel> {
  return (await toLoggedModels(ctx, [row]))[0]!;
}

function toMetric(row: Selectable<ModelTables['logged_model_metric']>): ModelMetric {
  return {
    key: row.key,
    value: row.nan === 1 ? 'NaN' : row.value,
    timestamp: row.timestamp,
    step: row.step,
    run_id: row.run_id,
    ...(row.dataset_name === '' ? {} : { dataset_name: row.dataset_name }),
    ...(row.dataset_digest === '' ? {} : { dataset_digest: row.dataset_digest }),
  };
}

function toStatus(text: string): LoggedModelStatus {
  if (text === 'pending' || text === 'ready' || text === 'failed') return text;
  throw new Error(`the table of logged models holds an unknown status '${text}'`);
}
