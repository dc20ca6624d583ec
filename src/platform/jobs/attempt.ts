import type { Ctx, Tx } from '../ctx/index.ts';
import { conflict, type ErrorKind, outwardMessageOf, TreadleError } from '../errors/index.ts';
import type { JobType } from './job.ts';
import { checkPayload } from './payload.ts';
import { endAttempt, holdLease, type JobRow, type JobState } from './store.ts';

/** One attempt of a job, running in this process. */
export interface Attempt {
  readonly row: JobRow;
  readonly type: JobType;
  readonly ctx: Ctx;
  /** The job marked itself done in its own transaction. */
  readonly finished: boolean;
  /** Resolves once its end is recorded; never rejects. */
  readonly done: Promise<void>;
  abort(reason: string): void;
}

const HOUR = 3_600_000;
/** Unless a type says otherwise. */
export const ATTEMPTS = 3;
/** Another try with the same payload ends the same way. */
const FINAL: readonly ErrorKind[] = ['invalid', 'missing', 'forbidden', 'too-large'];

export function runAttempt(
  ctx: Ctx,
  type: JobType,
  row: JobRow,
  lease: number,
  ended: (error: unknown) => Promise<void>,
): Attempt {
  const aborter = new AbortController();
  let finished = false;
  const lost = (): Error =>
    conflict(`attempt ${row.attempt} of job ${row.id} has lost its lease; nothing of this change was kept`, {
      code: 'lease-lost',
    });
  const inside = fenced(ctx, async (tx) => {
    if (!(await holdLease(tx, row.id, row.fence, tx.clock.now() + lease))) throw lost();
  });
  const work = async (): Promise<void> => {
    const payload: unknown = JSON.parse(row.payload);
    checkPayload(type, payload);
    await type.run(inside, payload as object, {
      id: row.id,
      attempt: row.attempt,
      fence: row.fence,
      ...(row.scheduled_for === null ? {} : { scheduledFor: row.scheduled_for }),
      signal: aborter.signal,
      async finish(tx) {
        if (!(await endAttempt(tx, row, { state: 'done' }))) throw lost();
        tx.afterCommit(() => (finished = true));
      },
    });
  };
  const done = work().then(
    () => ended(undefined),
    (error: unknown) => ended(error ?? new Error('the job threw nothing')),
  );
  return {
    row,
    type,
    ctx,
    get finished() {
      return finished;
    },
    done,
    abort: (reason) => aborter.abort(new Error(reason)),
  };
}

/** Every write of the attempt proves first, in its own transaction, that the attempt still holds the job. */
function fenced(ctx: Ctx, prove: (tx: Tx) => Promise<void>): Ctx {
  return {
    ...ctx,
    write: (change) =>
      ctx.write(async (tx) => {
        await prove(tx);
        return change(tx);
      }),
    as: (change) => fenced(ctx.as(change), prove),
  };
}

/** What becomes of the job after an attempt. */
export function endOf(
  { row, type }: Pick<Attempt, 'row' | 'type'>,
  error: unknown,
  stopping: boolean,
  now: number,
): { state: JobState; error: string | null; run_at?: number; attempt?: number } {
  if (error === undefined) return { state: 'done', error: null };
  // An orderly stop is not the job's fault: the attempt is not counted.
  if (stopping) return { state: 'queued', error: null, run_at: now, attempt: row.attempt - 1 };
  const message = outwardMessageOf(error).slice(0, 2_000);
  const final = error instanceof TreadleError && FINAL.includes(error.kind);
  if (final || row.attempt >= (type.attempts ?? ATTEMPTS)) return { state: 'failed', error: message };
  const wait = Math.min(HOUR, (type.backoff ?? 1_000) * 4 ** (row.attempt - 1));
  // Up to a tenth more, so that what failed together does not come back together.
  return { state: 'queued', error: message, run_at: now + Math.round(wait * (1 + Math.random() / 10)) };
}
