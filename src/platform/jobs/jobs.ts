import { systemActor, type Caller } from '../ctx/create.ts';
import type { Ctx, Tx } from '../ctx/index.ts';
import { conflict, missing } from '../errors/index.ts';
import { newId } from '../ids/index.ts';
import type { Log } from '../log/index.ts';
import type { EnqueueOptions, JobType, Schedule } from './job.ts';
import { ATTEMPTS, endOf, runAttempt, type Attempt } from './attempt.ts';
import { checkPayload } from './payload.ts';
import { pruneJobs } from './prune.ts';
import { fireDue, setSchedule } from './schedules.ts';
import {
  cancelRow,
  claimJobs,
  endAttempt,
  holdLease,
  insertJob,
  nextRunAt,
  nextScheduleAt,
  selectExpired,
  selectJob,
  type JobRow,
} from './store.ts';

export interface JobsOptions {
  log: Log;
  /** Other processes run jobs of the same database: `dialect.shared`. */
  shared: boolean;
}

export interface Jobs {
  /** The part that a ctx carries. */
  readonly queue: {
    enqueue<P extends object>(
      tx: Tx,
      type: JobType<P>,
      payload: P,
      options?: EnqueueOptions,
    ): Promise<string>;
  };
  /** Before `start`; a job of a type that is not registered cannot be enqueued. */
  register(...types: ReadonlyArray<JobType<never>>): void;
  /** A schedule of the house itself, set in the workspace `default` at start. */
  schedule<P extends object>(schedule: Schedule<P>): void;
  /** Takes up what a crash cut short, then works until `stop`. */
  start(ctxFor: (caller: Caller) => Ctx): Promise<void>;
  cancel(ctx: Ctx, id: string): Promise<JobRow>;
  /** Looks for due schedules, expired leases and due jobs at once. For tests with a clock of their own. */
  tick(): Promise<void>;
  /** Resolves when nothing runs and nothing is due. */
  idle(): Promise<void>;
  /** Starts nothing more, tells what runs to stop, waits up to `drain` ms (10 s unless said) and gives the rest back to the queue. */
  stop(options?: { drain?: number }): Promise<void>;
}

const LEASE = 30_000;
/**
 * So many attempts, and one that the end of the server cuts short is the last: a job that ends the server must not do so for ever, and
 * one that was there whenever it ended on a bad day must not be lost.
 */
const CUT_SHORT = 20;
const CONCURRENCY = 2;
/** How often schedules and expired leases are looked for, and the queue where other processes fill it too, ms. */
const SWEEP = 5_000;
const POLL = 1_000;

export function createJobs(options: JobsOptions): Jobs {
  return new Engine(options);
}

/**
 * The job engine. Truth lies in the table alone; memory holds only when to look (`due`) and what this process runs.
 */
class Engine implements Jobs {
  readonly #log: Log;
  readonly #shared: boolean;
  readonly #holder = newId();
  readonly #types = new Map<string, JobType>();
  readonly #schedules: Schedule[] = [];
  readonly #running = new Map<string, Attempt>();
  /** For each type the earliest time at which a queued job may want to start. */
  readonly #due = new Map<string, number>();
  #ctxFor: ((caller: Caller) => Ctx) | undefined;
  #house: Ctx | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timers: NodeJS.Timeout[] = [];
  #pumping: Promise<void> | undefined;
  #pumpAgain = false;
  #stopping = false;

  constructor({ log, shared }: JobsOptions) {
    this.#log = log;
    this.#shared = shared;
    this.register(pruneJobs);
    this.schedule({ name: 'job.prune', type: pruneJobs, payload: {}, cron: '17 3 * * *' });
  }

  readonly queue: Jobs['queue'] = {
    enqueue: async (tx, type, payload, options = {}) => {
      if (!this.#types.has(type.name))
        throw new Error(`the job type ${type.name} is not registered: hand it to jobs.register in main.ts`);
      checkPayload(type, payload);
      const now = tx.clock.now();
      const runAt = options.runAt ?? now;
      const id = await insertJob(tx, {
        id: newId(now),
        type: type.name,
        payload: JSON.stringify(payload),
        run_at: runAt,
        unique_key: options.uniqueKey ?? null,
        scheduled_for: null,
      });
      tx.afterCommit(() => this.#wake(type.name, runAt));
      return id;
    },
  };

  register(...types: ReadonlyArray<JobType<never>>): void {
    for (const type of types) {
      if (this.#types.has(type.name)) throw new Error(`two job types are called ${type.name}`);
      // The payload is checked against the type's schema before each run, which is what its parameter type says.
      this.#types.set(type.name, type as JobType);
    }
  }

  schedule<P extends object>(schedule: Schedule<P>): void {
    this.#schedules.push(schedule as unknown as Schedule);
  }

  async start(ctxFor: (caller: Caller) => Ctx): Promise<void> {
    this.#ctxFor = ctxFor;
    const house = ctxFor({ actor: systemActor, workspace: 'default' });
    await house.write(async (tx) => {
      for (const schedule of this.#schedules) await setSchedule(tx, schedule);
    });
    this.#house = house;
    // Where only one process works, whatever still "runs" ran in one that is dead: no need to wait its lease out.
    await this.#takeUp(this.#shared ? house.clock.now() : Infinity);
    for (const type of this.#types.keys()) this.#due.set(type, 0);
    await this.tick();
    const every = (ms: number, work: () => Promise<void>): void => {
      this.#timers.push(
        setInterval(
          () =>
            void work().catch((error: unknown) =>
              this.#log.error('the job engine failed and will try again', { error }),
            ),
          ms,
        ).unref(),
      );
    };
    const shortest = Math.min(...[...this.#types.values()].map(({ lease }) => lease ?? LEASE));
    every(Math.min(SWEEP, shortest), () => this.#sweep());
    every(shortest / 4, () => this.#heartbeat());
    if (this.#shared) {
      every(POLL, () => {
        for (const type of this.#types.keys()) this.#due.set(type, 0);
        return this.#pump();
      });
    }
  }

  async cancel(ctx: Ctx, id: string): Promise<JobRow> {
    const row = await ctx.write((tx) => cancelRow(tx, id));
    if (row) {
      this.#running.get(id)?.abort('the job was cancelled');
      return row;
    }
    const held = await selectJob(ctx, id);
    if (!held) throw missing(`there is no job '${id}'`, { field: 'job' });
    throw conflict(`job '${id}' is ${held.state} already`, { field: 'job' });
  }

  async tick(): Promise<void> {
    await this.#sweep();
    await this.#pump();
  }

  async idle(): Promise<void> {
    for (;;) {
      if (this.#pumping) await this.#pumping;
      else if (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
      else if (this.#house && !this.#stopping && Math.min(...this.#due.values()) <= this.#house.clock.now())
        await this.#pump();
      else return;
    }
  }

  async stop({ drain = 10_000 }: { drain?: number } = {}): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await this.#pumping?.catch(() => undefined); // logged where it was started
    for (const attempt of this.#running.values()) attempt.abort('the server stops');
    const all = Promise.all([...this.#running.values()].map(({ done }) => done));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([all, new Promise((resolve) => (timer = setTimeout(resolve, drain)))]);
    clearTimeout(timer);
    // What did not stop in time goes back to the queue; its late writes are refused by the fence.
    for (const attempt of this.#running.values())
      await this.#end(attempt, endOf(attempt, new Error('the server stops'), true, this.#now()));
  }

  #now(): number {
    return this.#house?.clock.now() ?? 0;
  }

  #wake(type: string, at: number): void {
    this.#due.set(type, Math.min(this.#due.get(type) ?? Infinity, at));
    this.#arm();
  }

  #free(type: JobType): number {
    let busy = 0;
    for (const { row } of this.#running.values()) if (row.type === type.name) busy++;
    return (type.concurrency ?? CONCURRENCY) - busy;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (!this.#house || this.#stopping) return;
    let at = Infinity;
    for (const [name, due] of this.#due) {
      const type = this.#types.get(name);
      if (type && due < at && this.#free(type) > 0) at = due;
    }
    if (at === Infinity) return;
    const wait = Math.max(0, Math.min(at - this.#now(), 60_000));
    // The lookup is due now or at that time; a clock that was set back only makes it look once too often.
    this.#timer = setTimeout(
      () =>
        void this.#pump().catch((error: unknown) => this.#log.error('jobs could not be started', { error })),
      wait,
    ).unref();
  }

  async #pump(): Promise<void> {
    this.#pumpAgain = true;
    this.#pumping ??= (async () => {
      try {
        while (this.#pumpAgain && !this.#stopping) {
          this.#pumpAgain = false;
          await this.#claim();
        }
      } finally {
        this.#pumping = undefined;
        this.#arm();
      }
    })();
    await this.#pumping;
  }

  async #claim(): Promise<void> {
    const house = this.#house;
    if (!house) return;
    const now = house.clock.now();
    const wanted: Array<{ type: JobType; free: number }> = [];
    for (const [name, at] of this.#due) {
      const type = this.#types.get(name);
      if (!type || at > now) continue;
      const free = this.#free(type);
      if (free <= 0) continue;
      wanted.push({ type, free });
    }
    if (wanted.length === 0) return;
    // Forgotten before the look, so that a job enqueued meanwhile sets it again.
    for (const { type } of wanted) this.#due.set(type.name, Infinity);
    let claimed: Array<{ type: JobType; free: number; rows: JobRow[] }>;
    try {
      const found: typeof wanted = [];
      for (const want of wanted)
        if (((await nextRunAt(house, want.type.name)) ?? Infinity) <= now) found.push(want);
      claimed =
        found.length === 0
          ? []
          : await house.write(async (tx) => {
              const all = [];
              for (const want of found)
                all.push({
                  ...want,
                  rows: await claimJobs(
                    tx,
                    want.type.name,
                    want.free,
                    this.#holder,
                    want.type.lease ?? LEASE,
                  ),
                });
              return all;
            });
    } catch (error) {
      for (const { type } of wanted) this.#wake(type.name, now + POLL);
      throw error;
    }
    for (const { type, rows } of claimed) for (const row of rows) this.#launch(type, row);
    for (const { type } of wanted) {
      const next = await nextRunAt(house, type.name);
      if (next !== undefined) this.#wake(type.name, next);
    }
  }

  #launch(type: JobType, row: JobRow): void {
    const ctx = this.#ctxFor!({ actor: systemActor, workspace: row.workspace, requestId: row.request_id });
    const attempt = runAttempt(ctx, type, row, type.lease ?? LEASE, async (error) => {
      await this.#end(attempt, endOf(attempt, error, this.#stopping, ctx.clock.now()));
      this.#running.delete(row.id);
      if (!this.#stopping) this.#arm();
    });
    this.#running.set(row.id, attempt);
  }

  /** Records how an attempt ended. When that fails too (a full disk), the lease runs out and the sweep takes the job up. */
  async #end(attempt: Attempt, end: ReturnType<typeof endOf>): Promise<void> {
    if (attempt.finished) return;
    const { row, type } = attempt;
    if (end.error !== null)
      this.#log[type.quiet === true ? 'debug' : 'warn']('a job attempt failed', {
        job: row.id,
        type: row.type,
        attempt: row.attempt,
        state: end.state,
        error: end.error,
      });
    try {
      const kept = await attempt.ctx.write(async (tx) => {
        const ended = await endAttempt(tx, row, end);
        if (ended && end.state === 'failed')
          await tx.emit({
            type: 'job.failed',
            subject: `job:${row.id}`,
            data: { type: row.type, error: end.error },
          });
        return ended;
      });
      if (!kept)
        this.#log.warn('a job attempt had lost its lease: its end was not recorded', {
          job: row.id,
          type: row.type,
          attempt: row.attempt,
        });
      else if (end.state === 'queued') this.#wake(type.name, end.run_at ?? 0);
    } catch (error) {
      this.#log.error('the end of a job attempt could not be recorded', {
        job: row.id,
        type: row.type,
        error,
      });
    }
  }

  async #heartbeat(): Promise<void> {
    const house = this.#house;
    if (!house || this.#running.size === 0) return;
    const now = house.clock.now();
    const lost = await house.write(async (tx) => {
      const gone: Attempt[] = [];
      // In the order of their ids, so that two processes' heartbeats cannot wait for each other.
      for (const attempt of [...this.#running.values()].toSorted((a, b) => (a.row.id < b.row.id ? -1 : 1))) {
        if (attempt.finished) continue;
        if (!(await holdLease(tx, attempt.row.id, attempt.row.fence, now + (attempt.type.lease ?? LEASE))))
          gone.push(attempt);
      }
      return gone;
    });
    for (const attempt of lost) attempt.abort('the lease was lost');
  }

  async #sweep(): Promise<void> {
    const house = this.#house;
    if (!house || this.#stopping) return;
    const now = house.clock.now();
    if (((await nextScheduleAt(house)) ?? Infinity) <= now)
      await fireDue(house, (type) => this.#wake(type, now));
    await this.#takeUp(now);
  }

  /** Attempts whose process died: back to the queue, or failed when it was the last. */
  async #takeUp(expiredBy: number): Promise<void> {
    const house = this.#house!;
    for (const row of await selectExpired(
      house,
      expiredBy === Infinity ? Number.MAX_SAFE_INTEGER : expiredBy,
    )) {
      const type = this.#types.get(row.type);
      if (!type || this.#running.has(row.id)) continue;
      const now = house.clock.now();
      const { attempts = ATTEMPTS } = type;
      const last = row.attempt >= (attempts === 1 ? 1 : Math.max(attempts, CUT_SHORT));
      const error = `the server stopped during attempt ${row.attempt}`;
      const ended = await house.as({ workspace: row.workspace }).write(async (tx) => {
        const done = await endAttempt(
          tx,
          row,
          last
            ? { state: 'failed', error: `${error}, the last one` }
            : { state: 'queued', error, run_at: now },
        );
        if (done && last)
          await tx.emit({ type: 'job.failed', subject: `job:${row.id}`, data: { type: row.type, error } });
        return done;
      });
      if (ended) {
        this.#log.warn('a job was taken up again after a crash', {
          job: row.id,
          type: row.type,
          attempt: row.attempt,
          failed: last,
        });
        this.#wake(row.type, now);
      }
    }
  }
}
