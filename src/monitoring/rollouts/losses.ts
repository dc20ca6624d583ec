import { Type } from 'typebox';
import type { Ctx } from '../../platform/ctx/index.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import type { Subscriber } from '../../platform/events/index.ts';
import { job, type JobRun, type JobType } from '../../platform/jobs/index.ts';
import type { Losses, Releases, RollingOut } from '../../releases/index.ts';
import type { Serving } from '../../serving/index.ts';
import { identifier, type Tables } from '../../tables/index.ts';
import type { MonitorSettings } from '../contract.ts';
import { timeAt } from '../open-log.ts';
import { openLabelled } from '../outcomes/open-outcomes.ts';
import { askBehind } from '../signals/ask.ts';
import { SCORE } from '../signals/questions.ts';
import { findMonitorOf } from '../store-monitors.ts';

/** Outcomes that arrive within so long are looked at together, ms. */
const TOGETHER = 5_000;
/** What was told is on disk so long after it arrived. */
const GRACE = 2_000;
/** Outcomes of the version on trial that are worth a look. */
const FEWEST = 5;

interface Parts {
  serving: Pick<Serving, 'recorded' | 'tellers'>;
  tables: Tables;
  releases: Pick<Releases, 'rollingOut' | 'addLosses'>;
}

/** Outcomes of a version that is being rolled out say whether it is wrong more often: releases below hear of its losses. */
export function rolloutLosses(parts: Parts): { job: JobType<{ endpoint: string }>; subscriber: Subscriber } {
  const losses = job({
    name: 'rollout.losses',
    payload: Type.Object({ endpoint: Type.String() }),
    concurrency: 1,
    run: async (ctx, { endpoint: id }, run) => {
      const ref = `endpoint:${id}`;
      const facts = (await parts.serving.tellers.endpoints(ctx, [ref])).get(ref)?.facts;
      const rollouts = facts?.deleted === false ? await parts.releases.rollingOut(ctx, facts.name) : [];
      for (const rollout of rollouts) await tell(ctx, parts, { id, name: facts!.name }, rollout, run);
      await ctx.write((tx) => run.finish(tx));
    },
  });
  return {
    job: losses,
    subscriber: {
      name: 'monitoring.rollouts',
      types: ['outcomes.added'],
      async handle(tx, { subject }) {
        const endpoint = subject.replace(/^endpoint:/, '');
        const facts = (await parts.serving.tellers.endpoints(tx, [subject])).get(subject)?.facts;
        if (!facts || (await parts.releases.rollingOut(tx, facts.name)).length === 0) return;
        const from = Math.floor(tx.clock.now() / TOGETHER);
        const runAt = (from + 1) * TOGETHER + GRACE;
        await tx.enqueue(losses, { endpoint }, { runAt, uniqueKey: `${endpoint}/${from}` });
      },
    },
  };
}

async function tell(
  ctx: Ctx,
  parts: Parts,
  endpoint: { id: string; name: string },
  { release, revisions, began, until: known }: RollingOut,
  { signal }: JobRun,
): Promise<void> {
  const until = ctx.clock.now() - GRACE;
  const call = { subject: endpoint.name, last: undefined, text: 'labelled', prefix: 'l' };
  const opened = await openLabelled(ctx, parts.serving, call, { from: began, to: until, whole: true }).catch(
    (error: unknown) => {
      if (error instanceof TreadleError && error.code === 'no-predictions') return undefined;
      throw error;
    },
  );
  if (!opened) return;
  const monitor = await findMonitorOf(ctx, endpoint.id);
  // Written by this room.
  const { score, task } = monitor ? (JSON.parse(monitor.settings) as MonitorSettings) : {};
  const of: Array<Losses['of'][number]> = [];
  let kind: Losses['kind'] = 'bounded';
  for (const revision of revisions) {
    const side = async (role: string): Promise<number[]> => {
      const sql = `select * from ${identifier(call.text)} where revision = ${revision} and role = '${role}'
        and first_received_at > ${timeAt(known)} and first_received_at <= ${timeAt(until)}`;
      const { losses } = await askBehind(ctx, parts.tables, SCORE, {
        files: opened.files,
        request: { views: [...opened.views, { name: 'side', sql }], view: 'side', score, task, slices: [] },
        signal,
      });
      const [first] = losses;
      if (first?.loss === 'absolute_error') kind = 'absolute';
      return first?.values ?? [];
    };
    const canary = await side('canary');
    if (canary.length === 0) continue;
    const primary = await side('primary');
    if (primary.length > 0) of.push({ revision, primary, canary });
  }
  // Few of them are waited for: what one side alone has is no evidence.
  if (of.reduce((sum, { canary }) => sum + canary.length, 0) < FEWEST) return;
  await ctx.write((tx) => parts.releases.addLosses(tx, release, { until, kind, of }));
}
