import { sql, type Selectable } from 'kysely';
import type { Ctx, Tx } from '../ctx/index.ts';
import type { JobTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<JobTables>();
export type JobRow = Selectable<JobTables['job']>;
export type ScheduleRow = Selectable<JobTables['job_schedule']>;

export const STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type JobState = (typeof STATES)[number];

/** Returns the id of the job that holds the unique key: this one's, or that of an earlier one. */
export async function insertJob(
  tx: Tx,
  job: Pick<JobRow, 'id' | 'type' | 'payload' | 'run_at' | 'unique_key' | 'scheduled_for'>,
): Promise<string> {
  const result = await tables(tx)
    .insertInto('job')
    .values({
      ...job,
      workspace: tx.workspace,
      state: 'queued',
      attempt: 0,
      fence: 0,
      holder: null,
      lease_until: null,
      request_id: tx.requestId,
      error: null,
      created_at: tx.clock.now(),
      started_at: null,
      finished_at: null,
    })
    .onConflict((on) => on.columns(['workspace', 'type', 'unique_key']).doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== 0n || job.unique_key === null) return job.id;
  const { id } = await tables(tx)
    .selectFrom('job')
    .select('id')
    .where('workspace', '=', tx.workspace)
    .where('type', '=', job.type)
    .where('unique_key', '=', job.unique_key)
    .executeTakeFirstOrThrow();
  return id;
}

/** Leases up to `limit` jobs of a type, of all workspaces: the engine works for the house and runs each in its own. */
export async function claimJobs(
  tx: Tx,
  type: string,
  limit: number,
  holder: string,
  lease: number,
): Promise<JobRow[]> {
  const now = tx.clock.now();
  const due = await sql<{ id: string }>`
    select id from job where state = 'queued' and type = ${type} and run_at <= ${now}
    order by run_at, id limit ${limit} ${tx.dialect.forUpdateSkipLocked}`.execute(tx.db);
  if (due.rows.length === 0) return [];
  const rows = await tables(tx)
    .updateTable('job')
    .set((eb) => ({
      state: 'running',
      attempt: eb('attempt', '+', 1),
      fence: eb('fence', '+', 1),
      holder,
      lease_until: now + lease,
      started_at: now,
    }))
    .where(
      'id',
      'in',
      due.rows.map(({ id }) => id),
    )
    .returningAll()
    .execute();
  return rows.toSorted((a, b) => a.run_at - b.run_at || (a.id < b.id ? -1 : 1));
}

/** When the next queued job of a type wants to start. */
export async function nextRunAt(ctx: Ctx, type: string): Promise<number | undefined> {
  const row = await tables(ctx)
    .selectFrom('job')
    .select((eb) => eb.fn.min('run_at').as('at'))
    .where('state', '=', 'queued')
    .where('type', '=', type)
    .executeTakeFirst();
  return (row?.at as number | null | undefined) ?? undefined;
}

/** Prolongs a lease; false when it is lost: taken over, cancelled or finished. */
export async function holdLease(
  tx: Pick<Ctx, 'db'>,
  id: string,
  fence: number,
  until: number,
): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('job')
    .set({ lease_until: until })
    .where('id', '=', id)
    .where('fence', '=', fence)
    .where('state', '=', 'running')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Ends an attempt; false when its lease was lost, and then nothing is written. */
export async function endAttempt(
  tx: Tx,
  { id, fence }: Pick<JobRow, 'id' | 'fence'>,
  end: Partial<Pick<JobRow, 'run_at' | 'error' | 'attempt'>> & { state: JobState },
): Promise<boolean> {
  const over = end.state === 'done' || end.state === 'failed';
  const result = await tables(tx)
    .updateTable('job')
    .set({ error: null, ...end, holder: null, lease_until: null, finished_at: over ? tx.clock.now() : null })
    .where('id', '=', id)
    .where('fence', '=', fence)
    .where('state', '=', 'running')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Running jobs whose lease has run out by `at`. */
export const selectExpired = (ctx: Ctx, at: number): Promise<JobRow[]> =>
  tables(ctx)
    .selectFrom('job')
    .selectAll()
    .where('state', '=', 'running')
    .where('lease_until', '<', at)
    .orderBy('id')
    .limit(1_000)
    .execute();

/** Takes away the lease too, if there is one: the attempt's later writes are refused. */
export async function cancelRow(tx: Tx, id: string): Promise<JobRow | undefined> {
  const row = await tables(tx)
    .updateTable('job')
    .set((eb) => ({
      state: 'cancelled',
      fence: eb('fence', '+', 1),
      holder: null,
      lease_until: null,
      finished_at: tx.clock.now(),
    }))
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .returningAll()
    .executeTakeFirst();
  return row;
}

export const selectJob = (ctx: Ctx, id: string): Promise<JobRow | undefined> =>
  tables(ctx)
    .selectFrom('job')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();

export const selectJobs = (
  ctx: Ctx,
  filter: { state?: string; type?: string; before?: string; limit: number },
): Promise<JobRow[]> =>
  tables(ctx)
    .selectFrom('job')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .$if(filter.state !== undefined, (query) => query.where('state', '=', filter.state!))
    .$if(filter.type !== undefined, (query) => query.where('type', '=', filter.type!))
    .$if(filter.before !== undefined, (query) => query.where('id', '<', filter.before!))
    .orderBy('id', 'desc')
    .limit(filter.limit)
    .execute();

/** Only what has ended has the time of its end. */
export async function deleteFinished(tx: Tx, before: number, limit: number): Promise<number> {
  const result = await tables(tx)
    .deleteFrom('job')
    .where('id', 'in', (eb) =>
      eb.selectFrom('job').select('id').where('finished_at', '<', before).orderBy('finished_at').limit(limit),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

export async function upsertSchedule(tx: Tx, row: ScheduleRow): Promise<void> {
  await tables(tx)
    .insertInto('job_schedule')
    .values(row)
    .onConflict((on) => on.columns(['workspace', 'name']).doUpdateSet(row))
    .execute();
}

export const selectSchedule = (ctx: Ctx, name: string): Promise<ScheduleRow | undefined> =>
  tables(ctx)
    .selectFrom('job_schedule')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('name', '=', name)
    .executeTakeFirst();

export async function deleteSchedule(tx: Tx, name: string): Promise<boolean> {
  const result = await tables(tx)
    .deleteFrom('job_schedule')
    .where('workspace', '=', tx.workspace)
    .where('name', '=', name)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Of all workspaces: see `claimJobs`. */
export const selectDueSchedules = (ctx: Ctx, at: number): Promise<ScheduleRow[]> =>
  tables(ctx)
    .selectFrom('job_schedule')
    .selectAll()
    .where('next_at', '<=', at)
    .orderBy('next_at')
    .limit(100)
    .execute();

export async function nextScheduleAt(ctx: Ctx): Promise<number | undefined> {
  const row = await tables(ctx)
    .selectFrom('job_schedule')
    .select((eb) => eb.fn.min('next_at').as('at'))
    .executeTakeFirst();
  return (row?.at as number | null | undefined) ?? undefined;
}

/** Compare-and-set: of two processes that see the same tick one moves the schedule on. */
export async function advanceSchedule(tx: Tx, row: ScheduleRow, next: number): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('job_schedule')
    .set({ next_at: next })
    .where('workspace', '=', row.workspace)
    .where('name', '=', row.name)
    .where('next_at', '=', row.next_at)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** How many jobs of this workspace stand in each state. */
export async function countJobs(ctx: Ctx): Promise<Array<{ state: string; count: number }>> {
  const rows = await ctx.scan
    .$extendTables<JobTables>()
    .selectFrom('job')
    .select((eb) => ['state', eb.fn.countAll().as('count')])
    .where('workspace', '=', ctx.workspace)
    .groupBy('state')
    .execute();
  return STATES.map((state) => ({
    state,
    count: Number(rows.find((row) => row.state === state)?.count ?? 0),
  }));
}
