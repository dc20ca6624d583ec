import type { Clock } from '../clock/index.ts';
import { createCtx, type Caller, type Parts } from '../ctx/create.ts';
import type { Ctx, Ledger, LedgerRecord } from '../ctx/index.ts';
import { migrate, type Database, type Migration } from '../db/index.ts';
import {
  createEvents,
  migrations as eventMigrations,
  type Events,
  type Subscriber,
} from '../events/index.ts';
import { createLog } from '../log/index.ts';
import { createJobs, migrations as jobMigrations, type Jobs, type JobType, type Schedule } from './index.ts';

/** The ground floor on one database, with a ledger that only remembers: for tests below the rooms. */
export interface House {
  jobs: Jobs;
  events: Events;
  ctx: Ctx;
  ctxFor(caller: Caller): Ctx;
  records: LedgerRecord[];
  /** Log lines of level warn and error. */
  lines: string[];
  stop(options?: { drain?: number }): Promise<void>;
}

export async function openHouse(
  database: Database,
  options: {
    clock?: Clock;
    types?: ReadonlyArray<JobType<never>>;
    subscribers?: readonly Subscriber[];
    schedules?: readonly Schedule[];
    /** Waits between a subscriber's tries, ms. */
    waits?: readonly number[];
    /** Besides those of jobs and events. */
    migrations?: readonly Migration[];
    /** Instead of the one that only remembers. */
    ledger?: Ledger;
    /** False: nothing is delivered and no job runs until the caller starts them. */
    start?: boolean;
  } = {},
): Promise<House> {
  await migrate(database, [...eventMigrations, ...jobMigrations, ...(options.migrations ?? [])]);
  const { shared } = database.dialect;
  const lines: string[] = [];
  const log = createLog('warn', (line) => void lines.push(line));
  const events = createEvents({ log, shared, ...(options.waits ? { waits: options.waits } : {}) });
  const jobs = createJobs({ log, shared });
  const records: LedgerRecord[] = [];
  const parts: Parts = {
    database,
    clock: options.clock ?? { now: () => Date.now() },
    log,
    blobs: undefined as never, // nothing down here touches bytes
    ledger: options.ledger ?? {
      append: async (tx, record) => {
        tx.afterCommit(() => void records.push(record));
      },
    },
    outbox: events.outbox,
    queue: jobs.queue,
  };
  const ctxFor = (caller: Caller): Ctx => createCtx(parts, caller);
  for (const subscriber of options.subscribers ?? []) events.subscribe(subscriber);
  jobs.register(...(options.types ?? []));
  for (const schedule of options.schedules ?? []) jobs.schedule(schedule);
  if (options.start !== false) {
    await events.start(ctxFor);
    await jobs.start(ctxFor);
  }
  return {
    jobs,
    events,
    ctxFor,
    ctx: ctxFor({
      actor: { kind: 'owner', id: 'owner', name: 'tester', role: 'admin' },
      workspace: 'default',
    }),
    records,
    lines,
    async stop(stopping) {
      await jobs.stop(stopping);
      await events.stop();
    },
  };
}
