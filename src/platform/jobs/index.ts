import type { Static, TObject } from 'typebox';
import type { Ctx } from '../ctx/index.ts';

/** A kind of background work: its name, what it is told, and what it does. Rooms export these from `jobs.ts`. */
export interface JobType<P extends object = object> {
  /** `noun.verb`, unique over the house: `dataset.profile`. */
  name: string;
  /** TypeBox schema of the payload; checked at enqueue and again at start. */
  payload: TObject;
  /** Attempts before the job is `failed` for good. 1 = never again. Default 3. */
  attempts?: number;
  /** How long one attempt may hold its lease between heartbeats, ms. Default 30 s; the engine heartbeats while the handler runs. */
  lease?: number;
  /** At most this many at once in this process. Default 2. */
  concurrency?: number;
  /** At-least-once: may run again after a crash, so it must be idempotent. Recording the result is exactly-once by the fencing number. */
  run(ctx: Ctx, payload: P, job: JobRun): Promise<void>;
}

export interface JobRun {
  id: string;
  attempt: number;
  /** Grows with each lease; a write that carries an old one is refused. */
  fence: number;
  /** Aborts when the server stops or the lease is lost. */
  signal: AbortSignal;
}

export interface EnqueueOptions {
  /** Milliseconds since 1970; not before this time. */
  runAt?: number;
  /** Two jobs with one key are one job, for as long as its row is kept. */
  uniqueKey?: string;
}

/** Declares a job type with its payload's type taken from the schema. */
export function job<S extends TObject>(type: Omit<JobType<Static<S> & object>, 'payload'> & { payload: S }): JobType<Static<S> & object> {
  return type;
}
