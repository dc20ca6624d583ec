import type { Ctx } from '../platform/ctx/index.ts';
import type { RunStatus, Verdict } from './contract.ts';
import { checkLength, clipTag, RUN_NAME } from './limits.ts';
import { requireActiveRun, requireOwnRun } from './log-batch.ts';
import { selectRunRow, updateRunRow, upsertTags, type RunTableRow } from './store/runs.ts';
import { NAME_TAG, NOTE_TAG } from './well-known.ts';

export interface RunChange {
  name?: string | undefined;
  status?: RunStatus | undefined;
  endedAt?: number | undefined;
  note?: string | undefined;
  code?: object | undefined;
  environment?: object | undefined;
}

const ENDED: readonly string[] = ['finished', 'failed', 'killed'];

/**
 * Ends a run, renames it, or writes its note. `deletedToo`: for whoever keeps the record of a run that somebody deleted meanwhile, so
 * that it does not run for ever once it is restored.
 */
export async function updateRun(
  ctx: Ctx,
  id: string,
  change: RunChange,
  { deletedToo = false }: { deletedToo?: boolean } = {},
): Promise<RunTableRow> {
  if (change.name !== undefined) checkLength(change.name, RUN_NAME, 'run_name');
  const note = change.note === undefined ? undefined : clipTag(change.note, 'note');
  return ctx.write(async (tx) => {
    const before = await selectRunRow(tx, id);
    if (deletedToo) requireOwnRun(tx.actor, before);
    else requireActiveRun(tx, before);
    const status = change.status ?? before.status;
    const ends = change.status !== undefined && ENDED.includes(change.status);
    // A run that goes on again has not ended.
    const endedAt =
      change.endedAt ??
      (ends ? (before.ended_at ?? tx.clock.now()) : change.status === undefined ? before.ended_at : null);
    const set: Partial<RunTableRow> = {
      status,
      ended_at: endedAt,
      ...(change.name ? { name: change.name } : {}),
      ...(change.code ? { code: JSON.stringify(change.code) } : {}),
      ...(change.environment ? { environment: JSON.stringify(change.environment) } : {}),
    };
    await updateRunRow(tx, id, set);
    await upsertTags(tx, before, [
      ...(change.name ? [[NAME_TAG, change.name] as const] : []),
      ...(note === undefined ? [] : [[NOTE_TAG, note] as const]),
    ]);
    if (ends && before.status !== status) {
      await tx.record({
        action: 'run.ended',
        resource: `run:${id}`,
        before: { status: before.status },
        after: { status, ended_at: endedAt },
      });
      await tx.emit({
        type: 'run.ended',
        subject: `run:${id}`,
        data: { experiment: String(before.experiment_id), status },
      });
    }
    await tx.emit({ type: 'run.updated', subject: `run:${id}` });
    return { ...before, ...set };
  });
}

/** Writes what a person or a gate made of the run, and why. The former verdict stays in the ledger. */
export async function setOutcome(
  ctx: Ctx,
  id: string,
  outcome: { verdict: Verdict; reason: string },
): Promise<void> {
  checkLength(outcome.reason, 8000, 'reason');
  await ctx.write(async (tx) => {
    const before = await selectRunRow(tx, id);
    requireActiveRun(tx, before);
    await updateRunRow(tx, id, {
      verdict: outcome.verdict,
      verdict_reason: outcome.reason,
      verdict_by: tx.actor.name,
      verdict_at: tx.clock.now(),
    });
    await tx.record({
      action: 'run.judged',
      resource: `run:${id}`,
      ...(before.verdict === null
        ? {}
        : { before: { verdict: before.verdict, reason: before.verdict_reason } }),
      after: { verdict: outcome.verdict, reason: outcome.reason },
      reason: outcome.reason,
    });
    await tx.emit({ type: 'run.judged', subject: `run:${id}`, data: { verdict: outcome.verdict } });
  });
}
