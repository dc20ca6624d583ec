import type { Static, TObject } from 'typebox';
import type { Ctx, Tx } from '../ctx/index.ts';

/** A kind of background work: its name, what it is told, and what it does. Rooms export these from `jobs.ts`. */
export interface JobType<P extends object = object> {
  /** `noun.verb`, unique over the house: `dataset.profile`. */
  name: string;
  /** TypeBox schema of the payload; checked at enqueue and again at start. */
  payload: TObject;
  /**
   * Attempts before the job is `failed` for good. 1 = never again. Default 3. An attempt that a crash of the server cut
   * short counts, and fails the job only when it was the 20th; one that an orderly stop cut short does not count.
   */
  attempts?: number;
  /** How long one attempt may hold its lease between heartbeats, ms. Default 30 s; the engine heartbeats while the handler runs. */
  lease?: number;
  /** At most this many at once in this process. Default 2. */
  concurrency?: number;
  /** Failed attempts are no news for the log (debug): the handler itself says what is worth saying, once. */
  quiet?: boolean;
  /** Wait before the second attempt, ms; four times as long before each further one, an hour at most. Default 1 s. */
  backoff?: number;
  /**
   * At-least-once: may run again after a crash, so it must be idempotent. Recording is exactly-once: each `ctx.write` in
   * here first proves that the lease still holds and is refused otherwise, and `job.finish(tx)` marks the job done in the
   * transaction of its own result. An error of the kinds invalid, missing, forbidden and too-large is final at once.
   */
  run(ctx: Ctx, payload: P, job: JobRun): Promise<void>;
}

export interface JobRun {
  id: string;
  attempt: number;
  /** Grows with each lease; a write that carries an old one is refused. */
  fence: number;
  /** The nominal time of the schedule that fired this job. */
  scheduledFor?: number;
  /** Aborts when the server stops, the job is cancelled or the lease is lost. */
  signal: AbortSignal;
  /** Marks the job done in this very transaction: result and mark commit together or not at all. */
  finish(tx: Tx): Promise<void>;
}

export interface EnqueueOptions {
  /** Milliseconds since 1970; not before this time. */
  runAt?: number;
  /** Two jobs of one type and workspace with one key are one job, for as long as its row is kept. */
  uniqueKey?: string;
}

/** Enqueues a job at the times of a cron expression. */
export interface Schedule<P extends object = object> {
  /** Unique in its workspace. */
  name: string;
  type: JobType<P>;
  payload: P;
  /** Five fields (or six, seconds first), as in crontab. */
  cron: string;
  /** IANA name. Default UTC. In the hour that is skipped in spring a tick moves to the next valid time; in the hour that comes twice it fires once. */
  timeZone?: string;
  /** Ticks missed while no server ran: drop them, fire the last one, or fire each (the newest 1,000). Default last. */
  catchUp?: 'none' | 'last' | 'all';
}

/** Declares a job type with its payload's type taken from the schema. */
export function job<S extends TObject>(
  type: Omit<JobType<Static<S> & object>, 'payload'> & { payload: S },
): JobType<Static<S> & object> {
  return type;
}
