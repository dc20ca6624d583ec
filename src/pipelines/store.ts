// All SQL of the room in one place, as every room has it; nothing here decides.
import { sql, type Selectable, type Updateable } from 'kysely';
import { holdRoom, takeRoom } from '../access/index.ts';
import { inPortions } from '../platform/aside/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { insertMany, insertNew } from '../platform/db/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { PipelineTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<PipelineTables>();
export type ExecutionRow = Selectable<PipelineTables['execution']>;
export type StepRow = Selectable<PipelineTables['step']>;
export type TransitionRow = Selectable<PipelineTables['step_transition']>;
export type PipelineRow = Selectable<PipelineTables['pipeline']>;

/** Parameters of one statement that stay below every database's limit. */
const CHUNK = 1000;

function* chunks<T>(items: readonly T[]): Generator<T[]> {
  for (let i = 0; i < items.length; i += CHUNK) yield items.slice(i, i + CHUNK);
}

export async function knownCode(ctx: Ctx, hashes: readonly string[]): Promise<Set<string>> {
  const known = new Set<string>();
  for await (const part of inPortions(hashes, CHUNK)) {
    const rows = await tables(ctx)
      .selectFrom('code_blob')
      .select('hash')
      .where('workspace', '=', ctx.workspace)
      .where('hash', 'in', part)
      .execute();
    for (const { hash } of rows) known.add(hash);
  }
  return known;
}

export async function insertCode(
  tx: Tx,
  blobs: ReadonlyArray<{ hash: string; size: number }>,
): Promise<void> {
  const now = tx.clock.now();
  const rows = blobs.map(({ hash, size }) => [tx.workspace, hash, size, now]);
  const columns = ['workspace', 'hash', 'size', 'created_at'];
  await takeRoom(tx, 'bytes', await insertNew(tx.db, tx.dialect, 'code_blob', columns, rows, 'size'));
}

/** Counts the pipeline's executions up; makes the pipeline when it is new. Returns the new number. */
export async function nextNumber(tx: Tx, pipeline: string): Promise<{ number: number; made: boolean }> {
  const row = await tables(tx)
    .insertInto('pipeline')
    .values({
      workspace: tx.workspace,
      name: pipeline,
      executions: 1,
      created_at: tx.clock.now(),
      created_by: tx.actor.name,
    })
    .onConflict((on) =>
      on.columns(['workspace', 'name']).doUpdateSet({ executions: sql<number>`pipeline.executions + 1` }),
    )
    .returning('executions')
    .executeTakeFirstOrThrow();
  const number = Number(row.executions);
  return { number, made: number === 1 };
}

export async function insertExecution(tx: Tx, row: ExecutionRow): Promise<void> {
  await tables(tx).insertInto('execution').values(row).execute();
}

/** Writes whole rows, new or not: many at once cost hardly more than one. */
export async function saveSteps(tx: Tx, rows: readonly StepRow[]): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first) as Array<keyof StepRow>;
  const set = columns
    .filter((column) => column !== 'execution_id' && column !== 'name')
    .map((column) => `${column} = excluded.${column}`);
  await insertMany(
    tx.db,
    tx.dialect,
    'step',
    columns,
    rows.map((row) => columns.map((column) => row[column])),
    `on conflict (execution_id, name) do update set ${set.join(', ')}`,
  );
}

const TRANSITION_COLUMNS = [
  'execution_id',
  'number',
  'workspace',
  'step',
  'move',
  'at',
  'attempt',
  'reason',
] as const satisfies ReadonlyArray<keyof TransitionRow>;

/** Fails where another driver has told of the execution since. */
export async function insertTransitions(tx: Tx, rows: readonly TransitionRow[]): Promise<void> {
  if (rows.length === 0) return;
  await insertMany(
    tx.db,
    tx.dialect,
    'step_transition',
    TRANSITION_COLUMNS,
    rows.map((row) => TRANSITION_COLUMNS.map((column) => row[column])),
  );
}

export const selectTransitions = (ctx: Ctx, execution: string): Promise<TransitionRow[]> =>
  tables(ctx)
    .selectFrom('step_transition')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('execution_id', '=', execution)
    .orderBy('number')
    .execute();

export async function lastTransition(ctx: Ctx, execution: string): Promise<number> {
  const row = await tables(ctx)
    .selectFrom('step_transition')
    .select((eb) => eb.fn.max('number').as('number'))
    .where('workspace', '=', ctx.workspace)
    .where('execution_id', '=', execution)
    .executeTakeFirst();
  return Number(row?.number ?? 0);
}

/** Tries that were running when the server ended, of all workspaces: it looks for them before it knows whose they are. */
export const selectRunning = (
  house: Ctx,
): Promise<Array<Pick<StepRow, 'execution_id' | 'name' | 'attempt' | 'handle' | 'token_id'>>> =>
  tables(house)
    .selectFrom('step')
    .innerJoin('execution', 'execution.id', 'step.execution_id')
    .select(['step.execution_id', 'step.name', 'step.attempt', 'step.handle', 'step.token_id'])
    .where('step.state', '=', 'running')
    .where('execution.state', '=', 'running')
    .execute();

export async function updateExecution(
  tx: Tx,
  id: string,
  change: Updateable<PipelineTables['execution']>,
): Promise<void> {
  await tables(tx)
    .updateTable('execution')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

/** Steps that have not ended, when their execution cannot go on. */
export async function endOpenSteps(
  tx: Tx,
  execution: string,
  reason: string,
  outcome: string,
): Promise<void> {
  const at = tx.clock.now();
  const open = await tables(tx)
    .updateTable('step')
    .set({ state: 'failed', outcome, ended_at: at, mark: null, handle: null, token_id: null })
    .where('workspace', '=', tx.workspace)
    .where('execution_id', '=', execution)
    .where('state', 'in', ['waiting', 'ready', 'running'])
    .returning(['name', 'attempt'])
    .execute();
  const last = await lastTransition(tx, execution);
  await insertTransitions(
    tx,
    open.map(({ name, attempt }, i) => ({
      execution_id: execution,
      number: last + 1 + i,
      workspace: tx.workspace,
      step: name,
      move: 'failed',
      at,
      attempt,
      reason,
    })),
  );
}

/** With its steps, and what became of them. */
export async function deleteExecutionRows(tx: Tx, id: string): Promise<void> {
  await holdRoom(tx, 'bytes');
  const steps = await tables(tx)
    .selectFrom('step')
    .select('counted')
    .where('workspace', '=', tx.workspace)
    .where('execution_id', '=', id)
    .execute();
  await takeRoom(tx, 'bytes', -steps.reduce((sum, { counted }) => sum + counted, 0));
  await tables(tx)
    .deleteFrom('step_transition')
    .where('workspace', '=', tx.workspace)
    .where('execution_id', '=', id)
    .execute();
  await tables(tx)
    .deleteFrom('step')
    .where('workspace', '=', tx.workspace)
    .where('execution_id', '=', id)
    .execute();
  await tables(tx)
    .deleteFrom('execution')
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export async function selectExecution(ctx: Ctx, id: string): Promise<ExecutionRow> {
  const row = await tables(ctx)
    .selectFrom('execution')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row)
    throw missing(`there is no execution '${id}' in workspace '${ctx.workspace}'`, {
      field: 'execution',
      hint: 'list them with: treadle executions',
    });
  return row;
}

export const selectSteps = (ctx: Ctx, execution: string): Promise<StepRow[]> =>
  tables(ctx)
    .selectFrom('step')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('execution_id', '=', execution)
    .orderBy('position')
    .execute();

export async function selectStep(ctx: Ctx, execution: string, name: string): Promise<StepRow> {
  const row = await tables(ctx)
    .selectFrom('step')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('execution_id', '=', execution)
    .where('name', '=', name)
    .executeTakeFirst();
  if (!row)
    throw missing(`this execution has no step '${name}'`, {
      field: 'step',
      hint: 'treadle executions and treadle plan show which there are; a step is named as in treadle.yaml',
    });
  return row;
}

/** The step that made a run, rather than one that took its result from the cache. */
export const selectMaker = (ctx: Ctx, run: string): Promise<StepRow | undefined> =>
  tables(ctx)
    .selectFrom('step')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('run_id', '=', run)
    .where('cached_from', 'is', null)
    .executeTakeFirst();

/** The execution whose step made a run. */
export const madeBy = async (ctx: Ctx, run: string): Promise<string | undefined> =>
  (await selectMaker(ctx, run))?.execution_id;

/** The same of several runs, by name alone. */
export const selectMakers = (
  ctx: Ctx,
  runs: readonly string[],
): Promise<Array<Pick<StepRow, 'run_id' | 'execution_id' | 'name'>>> =>
  tables(ctx)
    .selectFrom('step')
    .select(['run_id', 'execution_id', 'name'])
    .where('workspace', '=', ctx.workspace)
    .where('run_id', 'in', runs)
    .where('cached_from', 'is', null)
    .execute();

/** The people who asked for these executions, and for those that made these runs. */
export async function selectAskers(
  ctx: Ctx,
  { runs, executions }: { runs: readonly string[]; executions: readonly string[] },
): Promise<string[]> {
  const made = runs.length === 0 ? [] : await selectMakers(ctx, runs);
  const ids = [...new Set([...executions, ...made.map(({ execution_id }) => execution_id)])];
  if (ids.length === 0) return [];
  const rows = await tables(ctx)
    .selectFrom('execution')
    .select('created_user')
    .where('workspace', '=', ctx.workspace)
    .where('id', 'in', ids)
    .execute();
  return rows.flatMap(({ created_user }) => (created_user === null ? [] : [created_user]));
}

/** Steps with the code that their executions were given. */
export const selectStepsNamed = (
  ctx: Ctx,
  steps: ReadonlyArray<{ execution: string; name: string }>,
): Promise<Array<Pick<StepRow, 'execution_id' | 'name' | 'command'> & Pick<ExecutionRow, 'code'>>> =>
  tables(ctx)
    .selectFrom('step')
    .innerJoin('execution', 'execution.id', 'step.execution_id')
    .select(['step.execution_id', 'step.name', 'step.command', 'execution.code'])
    .where('step.workspace', '=', ctx.workspace)
    .where('execution.workspace', '=', ctx.workspace)
    .where((eb) =>
      eb.or(
        steps.map(({ execution, name }) =>
          eb.and([eb('step.execution_id', '=', execution), eb('step.name', '=', name)]),
        ),
      ),
    )
    .execute();

export interface ExecutionQuery {
  pipeline?: string | undefined;
  number?: number | undefined;
  run?: string | undefined;
  branch?: string | undefined;
  state?: string | undefined;
  /** What started it is not this. */
  notBy?: string | undefined;
  /** Ids below this one: ids sort by time. */
  before?: string | undefined;
  limit: number;
}

export async function selectExecutions(
  ctx: Ctx,
  { pipeline, number, run, branch, state, notBy, before, limit }: ExecutionQuery,
): Promise<ExecutionRow[]> {
  let query = tables(ctx).selectFrom('execution').selectAll().where('workspace', '=', ctx.workspace);
  if (pipeline !== undefined) query = query.where('pipeline', '=', pipeline);
  if (number !== undefined) query = query.where('number', '=', number);
  if (branch !== undefined) query = query.where('branch', '=', branch);
  if (state !== undefined) query = query.where('state', '=', state);
  if (notBy !== undefined) query = query.where('caused_by', '!=', notBy);
  if (before !== undefined) query = query.where('id', '<', before);
  if (run !== undefined) {
    const step = await selectMaker(ctx, run);
    query = query.where((eb) =>
      eb.or([eb('run_id', '=', run), ...(step ? [eb('id', '=', step.execution_id)] : [])]),
    );
  }
  return query.orderBy('id', 'desc').limit(limit).execute();
}

/** The newest executions that asked the same of a gate and heard its verdict themselves. */
export const selectJudged = (
  ctx: Ctx,
  key: string,
  limit: number,
): Promise<Array<Pick<ExecutionRow, 'id' | 'number' | 'gate'>>> =>
  tables(ctx)
    .selectFrom('execution')
    .select(['id', 'number', 'gate'])
    .where('workspace', '=', ctx.workspace)
    .where('gate_key', '=', key)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** How many steps of each execution are in each state. */
export async function countSteps(
  ctx: Ctx,
  executions: readonly string[],
): Promise<Map<string, Record<string, number>>> {
  const counts = new Map<string, Record<string, number>>();
  if (executions.length === 0) return counts;
  const rows = await tables(ctx)
    .selectFrom('step')
    .select((eb) => ['execution_id', 'state', eb.fn.countAll<number>().as('count')])
    .where('workspace', '=', ctx.workspace)
    .where('execution_id', 'in', executions)
    .groupBy(['execution_id', 'state'])
    .execute();
  for (const { execution_id, state, count } of rows)
    counts.set(execution_id, { ...counts.get(execution_id), [state]: Number(count) });
  return counts;
}

export const selectPipelines = (ctx: Ctx, after: string, limit: number): Promise<PipelineRow[]> =>
  tables(ctx)
    .selectFrom('pipeline')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute();

/** The newest execution of each of these pipelines. */
export async function selectLatest(ctx: Ctx, pipelines: readonly PipelineRow[]): Promise<ExecutionRow[]> {
  if (pipelines.length === 0) return [];
  return tables(ctx)
    .selectFrom('execution')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where(
      'pipeline',
      'in',
      pipelines.map(({ name }) => name),
    )
    .where('number', '=', (eb) =>
      eb
        .selectFrom('execution as newest')
        .select(({ fn }) => fn.max('newest.number').as('number'))
        .whereRef('newest.workspace', '=', 'execution.workspace')
        .whereRef('newest.pipeline', '=', 'execution.pipeline'),
    )
    .execute();
}

export type CacheRow = Pick<
  StepRow,
  | 'execution_id'
  | 'name'
  | 'pipeline'
  | 'key'
  | 'outputs'
  | 'ended_at'
  | 'run_id'
  | 'log_hash'
  | 'log_bytes'
  | 'resources'
>;

/** Steps that ran and succeeded under these keys, newest first. */
export async function selectByKeys(ctx: Ctx, keys: readonly string[]): Promise<CacheRow[]> {
  const found: CacheRow[] = [];
  for (const part of chunks(keys)) {
    found.push(
      ...(await tables(ctx)
        .selectFrom('step')
        .select([
          'execution_id',
          'name',
          'pipeline',
          'key',
          'outputs',
          'ended_at',
          'run_id',
          'log_hash',
          'log_bytes',
          'resources',
        ])
        .where('workspace', '=', ctx.workspace)
        .where('key', 'in', part)
        .where('state', '=', 'succeeded')
        .orderBy('ended_at', 'desc')
        .execute()),
    );
  }
  return found;
}

export const selectNumbers = async (
  ctx: Ctx,
  executions: readonly string[],
): Promise<Map<string, number>> => {
  const numbers = new Map<string, number>();
  for (const part of chunks(executions)) {
    const rows = await tables(ctx)
      .selectFrom('execution')
      .select(['id', 'number'])
      .where('workspace', '=', ctx.workspace)
      .where('id', 'in', part)
      .execute();
    for (const { id, number } of rows) numbers.set(id, number);
  }
  return numbers;
};

export type HistoryRow = Pick<StepRow, 'execution_id' | 'name' | 'key' | 'parts' | 'state' | 'resources'>;

/** Of each step of a pipeline the last time its key was known, before an execution. */
export async function selectHistory(
  ctx: Ctx,
  pipeline: string,
  before: string | undefined,
  names: readonly string[],
): Promise<Map<string, HistoryRow>> {
  const found = new Map<string, HistoryRow>();
  for (const part of chunks(names)) {
    const last = tables(ctx)
      .selectFrom('step')
      .select((eb) => ['name', eb.fn.max('execution_id').as('execution_id')])
      .where('workspace', '=', ctx.workspace)
      .where('pipeline', '=', pipeline)
      .where('name', 'in', part)
      .where('key', 'is not', null)
      .$if(before !== undefined, (query) => query.where('execution_id', '<', before!))
      .groupBy('name');
    const rows = await tables(ctx)
      .selectFrom('step')
      .innerJoin(last.as('last'), (join) =>
        join.onRef('last.name', '=', 'step.name').onRef('last.execution_id', '=', 'step.execution_id'),
      )
      .select(['step.execution_id', 'step.name', 'step.key', 'step.parts', 'step.state', 'step.resources'])
      .execute();
    for (const row of rows) found.set(row.name, row);
  }
  return found;
}
