import type { Ctx } from '../platform/ctx/index.ts';
import { mayComeTo } from '../promotions/index.ts';
import type { Environment } from '../promotions/contract.ts';
import type { Below } from './engine.ts';
import { nextStep, type Step } from './step.ts';
import type { AttemptRow, SourceRow } from './store.ts';
import type { Wish } from './wishes.ts';

/** How one endpoint stands beside what Git says of it, and what is to be done. */
export interface Situation {
  wish: Wish;
  attempt: AttemptRow | undefined;
  runs: { model: string; version: number; ref: string } | undefined;
  step: Step & {
    /** It answered here before: then it comes at once. */
    back: boolean;
    commit: string | null;
  };
}

export async function see(
  ctx: Ctx,
  { releases, serving }: Pick<Below, 'releases' | 'serving'>,
  {
    environment,
    source,
    wish,
    attempts,
  }: { environment: Environment; source: SourceRow; wish: Wish; attempts: readonly AttemptRow[] },
): Promise<Situation> {
  const { endpoint, model, which, version } = wish;
  const attempt = attempts.find((one) => one.endpoint === endpoint);
  const current = (await serving.find(ctx, endpoint))?.current;
  const primary = current?.variants.find(({ role }) => role === 'champion');
  const runs = primary && { model: primary.model, version: primary.version, ref: primary.version_ref };
  const known = { wish, attempt, runs };
  const { commit_id: commit } = source;
  if (!version) {
    const says = `there is no ${typeof which === 'number' ? `version ${which}` : `version with the digest ${which.slice(0, 12)}…`} of model ${model}`;
    return { ...known, step: { state: 'waiting', says, back: false, commit } };
  }
  const release = attempt && (await releases.find(ctx, attempt.release_id));
  const others = (await releases.underWay(ctx, [endpoint])).filter(({ id }) => id !== attempt?.release_id);
  const taken = await serving.takenAway(ctx, endpoint, version.ref);
  const verdict = await mayComeTo(ctx, environment, { endpoint, model: version.model, ref: version.ref });
  const step = nextStep({
    mode: source.mode === 'report' ? 'report' : 'apply',
    now: ctx.clock.now(),
    wanted: { ref: version.ref, sum: wish.sum, words: `${version.model} v${version.number}` },
    runs: runs && {
      ref: runs.ref,
      words: `${runs.model} v${runs.version}`,
      beside: current!.variants.length > 1,
    },
    attempt:
      attempt && release
        ? {
            sum: attempt.sum,
            release: release.id,
            state: release.state,
            reason: release.reason,
            ended_at: release.ended_at,
            tries: attempt.tries,
          }
        : undefined,
    other: others[0]?.id,
    failed: taken?.cause === 'automatic-rollback',
    enters: verdict.ok
      ? { ok: true }
      : { ok: false, why: verdict.why, ...(verdict.at === undefined ? {} : { at: verdict.at }) },
  });
  const waits = release?.state === 'awaiting_approval' && attempt?.merge_says;
  const says =
    typeof waits === 'string'
      ? `${step.says}; ${waits}; decide at /requests/${attempt?.merge_for ?? ''}`
      : step.says;
  return { ...known, step: { ...step, says, back: verdict.ok && verdict.how === 'going_back', commit } };
}
