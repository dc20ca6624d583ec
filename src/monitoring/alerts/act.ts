import { Type } from 'typebox';
import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict, invalid } from '../../platform/errors/index.ts';
import { job } from '../../platform/jobs/index.ts';
import type { AlertFeedback } from '../contract.ts';
import { annotateAlert, findAlert, requireAlert, type AlertRow } from '../store-alerts.ts';
import { moveAlert } from './move.ts';

/** Somebody has seen it and looks after it. */
export async function acknowledge(ctx: Ctx, id: string, note: string | undefined): Promise<void> {
  const row = await requireAlert(ctx, id);
  // Who has more to say of what is looked after says it as a further step.
  requireFired(row, ['firing', 'silenced', ...(note === undefined ? [] : ['acknowledged'])]);
  await move(ctx, row, 'acknowledged', { by: ctx.actor.name, ...(note === undefined ? {} : { note }) });
}

/** The longest silence, ms. */
const LONGEST = 90 * 86_400_000;

/** Nobody wants to hear of it for a time; a silence without end would be forgotten. */
export async function silence(
  ctx: Ctx,
  id: string,
  { until, reason }: { until: number; reason: string },
): Promise<void> {
  const row = await requireAlert(ctx, id);
  requireFired(row, ['firing', 'acknowledged', 'silenced']);
  const now = ctx.clock.now();
  if (until <= now)
    throw invalid('the silence would be over already', { field: 'until', hint: 'name a time to come' });
  if (until > now + LONGEST)
    throw invalid('a silence lasts 90 days at most: one that is longer is forgotten', {
      field: 'until',
      hint: 'silence it again then, or mend what it is about',
    });
  await move(ctx, row, 'silenced', { by: ctx.actor.name, note: reason, until });
}

/** The silence ends before its time. */
export async function unsilence(
  ctx: Ctx,
  id: string,
  { reason = 'the silence was ended' }: { reason?: string },
): Promise<void> {
  const row = await requireAlert(ctx, id);
  requireFired(row, ['silenced']);
  await move(ctx, row, 'firing', { by: ctx.actor.name, note: reason });
}

/** Who looks after it, and whether it was worth being told. */
export async function annotate(
  ctx: Ctx,
  id: string,
  { owner, feedback }: { owner?: string; feedback?: AlertFeedback },
): Promise<void> {
  const row = await requireAlert(ctx, id);
  if (owner === undefined && feedback === undefined) return;
  await ctx.write(async (tx) => {
    const change = {
      ...(owner === undefined ? {} : { owner }),
      ...(feedback === undefined ? {} : { feedback, feedback_by: tx.actor.name }),
    };
    await annotateAlert(tx, id, change);
    await tx.record({
      action: 'alert.annotated',
      resource: `alert:${id}`,
      before: { owner: row.owner, feedback: row.feedback },
      after: change,
    });
    await tx.emit({ type: 'alert.annotated', subject: `alert:${id}` });
  });
}

function requireFired(row: AlertRow, states: readonly string[]): void {
  if (states.includes(row.state)) return;
  throw conflict(`the alert is ${row.state}`, {
    field: 'alert',
    hint:
      row.state === 'pending'
        ? 'it fires when further windows say the same'
        : `it can be done while it is ${states.join(' or ')}`,
  });
}

async function move(
  ctx: Ctx,
  row: AlertRow,
  to: 'firing' | 'acknowledged' | 'silenced',
  said: { by: string; note?: string; until?: number },
): Promise<void> {
  await ctx.write(async (tx) => {
    if (!(await moveAlert(tx, row, to, said)))
      throw conflict('the alert has come to another state meanwhile', {
        field: 'alert',
        hint: 'look at it again',
      });
    if (said.until !== undefined) await tx.enqueue(WAKE, { alert: row.id }, { runAt: said.until });
  });
}

/** The end of a silence: what still goes on fires again. */
export const WAKE = job({
  name: 'alert.wake',
  payload: Type.Object({ alert: Type.String() }),
  async run(ctx, { alert }, run) {
    const row = await findAlert(ctx, alert);
    await ctx.write(async (tx) => {
      // It may have been silenced again, for longer.
      if (row?.state === 'silenced' && (row.silenced_until ?? 0) <= tx.clock.now())
        await moveAlert(tx, row, 'firing', { note: 'its silence is over' });
      await run.finish(tx);
    });
  },
});
