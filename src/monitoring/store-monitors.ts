// SQL of monitors, their references, windows and signals.
import type { Selectable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { insertMany } from '../platform/db/index.ts';
import { unavailable } from '../platform/errors/index.ts';
import type { MonitoringTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<MonitoringTables>();
export type MonitorRow = Selectable<MonitoringTables['monitor']>;
export type ReferenceRow = Selectable<MonitoringTables['monitor_reference']>;
export type WindowRow = Selectable<MonitoringTables['monitor_window']>;
export type SignalRow = Selectable<MonitoringTables['signal']>;

export function findMonitorOf(ctx: Ctx, endpoint: string): Promise<MonitorRow | undefined> {
  return tables(ctx)
    .selectFrom('monitor')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('endpoint_id', '=', endpoint)
    .executeTakeFirst();
}

export function findMonitor(ctx: Ctx, id: string): Promise<MonitorRow | undefined> {
  return tables(ctx)
    .selectFrom('monitor')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function insertMonitor(tx: Tx, row: MonitorRow): Promise<void> {
  await tables(tx).insertInto('monitor').values(row).execute();
}

export async function updateMonitor(
  tx: Tx,
  id: string,
  change: Pick<MonitorRow, 'generation' | 'window_ms' | 'label_delay_ms' | 'settings' | 'updated_at'>,
): Promise<void> {
  await tables(tx)
    .updateTable('monitor')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

/** With all that it found. */
export async function removeMonitor(tx: Tx, id: string): Promise<void> {
  for (const table of ['signal', 'monitor_window', 'monitor_evidence', 'monitor_reference'] as const)
    await tables(tx).deleteFrom(table).where('monitor_id', '=', id).execute();
  await tables(tx).deleteFrom('monitor').where('workspace', '=', tx.workspace).where('id', '=', id).execute();
}

export function selectReferences(ctx: Ctx, monitor: string, versionRef: string): Promise<ReferenceRow[]> {
  return tables(ctx)
    .selectFrom('monitor_reference')
    .selectAll()
    .where('monitor_id', '=', monitor)
    .where('version_ref', '=', versionRef)
    .execute();
}

/** The first one stays. */
export async function insertReference(tx: Tx, row: ReferenceRow): Promise<void> {
  await tables(tx)
    .insertInto('monitor_reference')
    .values(row)
    .onConflict((on) => on.columns(['monitor_id', 'version_ref', 'part']).doNothing())
    .execute();
}

/** What references are made of is another thing now, and evidence against them is none against others. */
export async function removeReferences(tx: Tx, monitor: string): Promise<void> {
  await tables(tx)
    .deleteFrom('monitor_evidence')
    .where('monitor_id', '=', monitor)
    .where('detector', 'in', ['drift', 'labels'])
    .execute();
  await tables(tx).deleteFrom('monitor_reference').where('monitor_id', '=', monitor).execute();
}

/** `estimate`: what the scores of a version mean; `labels`: drift of its outcomes; `service`: how it was served. */
export type Detector = 'drift' | 'harm' | 'estimate' | 'labels' | 'service';

/** What a detector has gathered on a version, as JSON. */
export async function findEvidence(
  ctx: Ctx,
  { id, generation }: Pick<MonitorRow, 'id' | 'generation'>,
  versionRef: string,
  detector: Detector,
): Promise<string | undefined> {
  const row = await tables(ctx)
    .selectFrom('monitor_evidence')
    .select('state')
    .where('monitor_id', '=', id)
    .where('generation', '=', generation)
    .where('version_ref', '=', versionRef)
    .where('detector', '=', detector)
    .executeTakeFirst();
  return row?.state;
}

/** What was stored when it was read, and what it has come to. */
export interface Grown {
  before: string | undefined;
  after: string;
}

/** In the transaction of the window that it was gathered from; what another one has written since it was read is not lost. */
export async function putEvidence(
  tx: Tx,
  { id, generation }: Pick<MonitorRow, 'id' | 'generation'>,
  versionRef: string,
  detector: Detector,
  { before, after }: Grown,
): Promise<void> {
  const change = { state: after, updated_at: tx.clock.now() };
  const { written } =
    before === undefined
      ? await tables(tx)
          .insertInto('monitor_evidence')
          .values({ monitor_id: id, generation, version_ref: versionRef, detector, ...change })
          .onConflict((on) => on.columns(['monitor_id', 'generation', 'version_ref', 'detector']).doNothing())
          .executeTakeFirst()
          .then(({ numInsertedOrUpdatedRows }) => ({ written: numInsertedOrUpdatedRows }))
      : await tables(tx)
          .updateTable('monitor_evidence')
          .set(change)
          .where('monitor_id', '=', id)
          .where('generation', '=', generation)
          .where('version_ref', '=', versionRef)
          .where('detector', '=', detector)
          .where('state', '=', before)
          .executeTakeFirst()
          .then(({ numUpdatedRows }) => ({ written: numUpdatedRows }));
  if (!written)
    throw unavailable('the evidence of this version has grown meanwhile: the window is done again');
}

/** False where it was looked at before. */
export async function insertWindow(tx: Tx, row: WindowRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tables(tx)
    .insertInto('monitor_window')
    .values(row)
    .onConflict((on) => on.columns(['monitor_id', 'generation', 'from_at']).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

/** False where it was scored before, or never looked at. */
export async function scoreWindowRow(
  tx: Tx,
  { monitor_id, generation, from_at }: Pick<WindowRow, 'monitor_id' | 'generation' | 'from_at'>,
  change: Pick<WindowRow, 'state'>,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('monitor_window')
    .set({ ...change, scored_at: tx.clock.now() })
    .where('monitor_id', '=', monitor_id)
    .where('generation', '=', generation)
    .where('from_at', '=', from_at)
    .where('scored_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

const SIGNAL = [
  'monitor_id',
  'generation',
  'from_at',
  'name',
  'signal',
  'column_name',
  'value',
  'state',
  'reason',
  'evidence',
] as const satisfies ReadonlyArray<keyof SignalRow>;

export async function insertSignals(tx: Tx, rows: readonly SignalRow[]): Promise<void> {
  const values = rows.map((row) => SIGNAL.map((column) => row[column]));
  await insertMany(tx.db, tx.dialect, 'signal', SIGNAL, values);
}

export function findWindow(
  ctx: Ctx,
  monitor: Pick<MonitorRow, 'id' | 'generation'>,
  from: number,
): Promise<WindowRow | undefined> {
  return tables(ctx)
    .selectFrom('monitor_window')
    .selectAll()
    .where('monitor_id', '=', monitor.id)
    .where('generation', '=', monitor.generation)
    .where('from_at', '=', from)
    .executeTakeFirst();
}

/** Newest first. */
export function selectWindows(
  ctx: Ctx,
  monitor: Pick<MonitorRow, 'id' | 'generation'>,
  query: { before?: number | undefined; limit: number },
): Promise<WindowRow[]> {
  let rows = tables(ctx)
    .selectFrom('monitor_window')
    .selectAll()
    .where('monitor_id', '=', monitor.id)
    .where('generation', '=', monitor.generation);
  if (query.before !== undefined) rows = rows.where('from_at', '<', query.before);
  return rows.orderBy('from_at', 'desc').limit(query.limit).execute();
}

/** Windows of every length that the monitor has had, newest first. */
export function selectHistory(
  ctx: Ctx,
  monitor: string,
  { before, limit }: { before?: Pick<WindowRow, 'generation' | 'from_at'> | undefined; limit: number },
): Promise<WindowRow[]> {
  let rows = tables(ctx).selectFrom('monitor_window').selectAll().where('monitor_id', '=', monitor);
  if (before !== undefined)
    rows = rows.where((is) =>
      is.or([
        is('generation', '<', before.generation),
        is.and([is('generation', '=', before.generation), is('from_at', '<', before.from_at)]),
      ]),
    );
  return rows.orderBy('generation', 'desc').orderBy('from_at', 'desc').limit(limit).execute();
}

/** The oldest window that began after a time, has rows, and is not scored. */
export async function oldestUnscored(
  ctx: Ctx,
  monitor: Pick<MonitorRow, 'id' | 'generation'>,
  after: number,
): Promise<number | undefined> {
  const row = await tables(ctx)
    .selectFrom('monitor_window')
    .select('from_at')
    .where('monitor_id', '=', monitor.id)
    .where('generation', '=', monitor.generation)
    .where('from_at', '>', after)
    .where('row_count', '>', 0)
    .where('scored_at', 'is', null)
    .orderBy('from_at')
    .limit(1)
    .executeTakeFirst();
  return row?.from_at;
}

/** Windows of any generation that were over before a time go with their signals, the oldest first; how many windows. */
export async function deleteWindowsBefore(
  tx: Tx,
  monitor: string,
  before: number,
  limit: number,
): Promise<number> {
  const rows = await tables(tx)
    .selectFrom('monitor_window')
    .select(['generation', 'from_at'])
    .where('monitor_id', '=', monitor)
    .where('to_at', '<=', before)
    .orderBy('from_at')
    .limit(limit)
    .execute();
  for (const [generation, of] of Map.groupBy(rows, (row) => row.generation))
    for (const table of ['signal', 'monitor_window'] as const)
      await tables(tx)
        .deleteFrom(table)
        .where('monitor_id', '=', monitor)
        .where('generation', '=', generation)
        .where(
          'from_at',
          'in',
          of.map(({ from_at }) => from_at),
        )
        .execute();
  return rows.length;
}

/** The first windows of a version with rows, before a time. */
export function selectFirstWindows(
  ctx: Ctx,
  monitor: Pick<MonitorRow, 'id' | 'generation'>,
  query: { version_ref: string; from: number; before: number; limit: number },
): Promise<WindowRow[]> {
  return tables(ctx)
    .selectFrom('monitor_window')
    .selectAll()
    .where('monitor_id', '=', monitor.id)
    .where('generation', '=', monitor.generation)
    .where('version_ref', '=', query.version_ref)
    .where('row_count', '>', 0)
    .where('from_at', '>=', query.from)
    .where('from_at', '<', query.before)
    .orderBy('from_at')
    .limit(query.limit)
    .execute();
}

export function selectSignals(
  ctx: Ctx,
  monitor: Pick<MonitorRow, 'id' | 'generation'>,
  windows: readonly number[],
  /** Without those of single columns. */
  whole = false,
): Promise<SignalRow[]> {
  let rows = tables(ctx)
    .selectFrom('signal')
    .selectAll()
    .where('monitor_id', '=', monitor.id)
    .where('generation', '=', monitor.generation)
    .where('from_at', 'in', windows);
  if (whole) rows = rows.where('column_name', 'is', null);
  return rows.orderBy('from_at', 'desc').orderBy('name').execute();
}

/** Signals of the whole of the windows before, by name, the newest window first. */
export function selectBefore(
  ctx: Ctx,
  { id, generation }: Pick<MonitorRow, 'id' | 'generation'>,
  names: readonly string[],
  { before, limit }: { before: number; limit: number },
): Promise<SignalRow[]> {
  return tables(ctx)
    .selectFrom('signal')
    .selectAll()
    .where('monitor_id', '=', id)
    .where('generation', '=', generation)
    .where('name', 'in', names)
    .where('from_at', '<', before)
    .orderBy('from_at', 'desc')
    .limit(limit)
    .execute();
}

/** What a signal of the whole came to in the windows before, the newest first. */
export async function selectValues(
  ctx: Ctx,
  { id, generation }: Pick<MonitorRow, 'id' | 'generation'>,
  signal: string,
  { before, limit }: { before: number; limit: number },
): Promise<number[]> {
  const rows = await tables(ctx)
    .selectFrom('signal')
    .select('value')
    .where('monitor_id', '=', id)
    .where('generation', '=', generation)
    .where('name', '=', signal)
    .where('from_at', '<', before)
    .where('value', 'is not', null)
    .orderBy('from_at', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap(({ value }) => value ?? []);
}

/** All of a workspace, each with its newest window; bounded, since whoever asks answers at once. */
export async function selectMonitorsWithNewest(
  ctx: Ctx,
  limit: number,
): Promise<Array<{ monitor: MonitorRow; newest: WindowRow | undefined }>> {
  const monitors = await tables(ctx)
    .selectFrom('monitor')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .orderBy('id')
    .limit(limit)
    .execute();
  return Promise.all(
    monitors.map(async (monitor) => ({
      monitor,
      newest: (await selectWindows(ctx, monitor, { limit: 1 }))[0],
    })),
  );
}

/** Signals of a window without what is behind them: figures alone. */
export function selectFigures(
  ctx: Ctx,
  monitor: Pick<MonitorRow, 'id' | 'generation'>,
  window: number,
): Promise<Array<Pick<SignalRow, 'name' | 'signal' | 'column_name' | 'value' | 'state'>>> {
  return tables(ctx)
    .selectFrom('signal')
    .select(['name', 'signal', 'column_name', 'value', 'state'])
    .where('monitor_id', '=', monitor.id)
    .where('generation', '=', monitor.generation)
    .where('from_at', '=', window)
    .execute();
}

/** Of a window these signals alone. */
export function selectNamed(
  ctx: Ctx,
  monitor: Pick<MonitorRow, 'id' | 'generation'>,
  window: number,
  names: readonly string[],
): Promise<SignalRow[]> {
  if (names.length === 0) return Promise.resolve([]);
  return tables(ctx)
    .selectFrom('signal')
    .selectAll()
    .where('monitor_id', '=', monitor.id)
    .where('generation', '=', monitor.generation)
    .where('from_at', '=', window)
    .where('name', 'in', names)
    .execute();
}

/** The newest window of a monitor whose answers were scored. */
export function findScored(
  ctx: Ctx,
  monitor: Pick<MonitorRow, 'id' | 'generation'>,
): Promise<WindowRow | undefined> {
  return tables(ctx)
    .selectFrom('monitor_window')
    .selectAll()
    .where('monitor_id', '=', monitor.id)
    .where('generation', '=', monitor.generation)
    .where('scored_at', 'is not', null)
    .orderBy('from_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Whether any window of a span before had outcomes. */
export async function hadOutcomes(
  ctx: Ctx,
  monitor: Pick<MonitorRow, 'id' | 'generation' | 'window_ms'>,
  before: number,
): Promise<boolean> {
  const found = await tables(ctx)
    .selectFrom('signal')
    .select('name')
    .where('monitor_id', '=', monitor.id)
    .where('generation', '=', monitor.generation)
    .where('from_at', '<', before)
    .where('from_at', '>=', before - 28 * monitor.window_ms)
    .where('name', '=', 'coverage')
    .where('value', '>', 0)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** Every workspace that has a monitor. */
export async function selectWatchedWorkspaces(ctx: Pick<Ctx, 'db'>): Promise<string[]> {
  const rows = await tables(ctx).selectFrom('monitor').select('workspace').distinct().execute();
  return rows.map(({ workspace }) => workspace);
}
