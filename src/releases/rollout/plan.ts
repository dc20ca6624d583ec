import { LATENCY_EDGES, planCanary, type CanaryPlan } from '../../evidence/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { RolloutWish } from '../../pipelines/contract.ts';

/** One step of a rollout: asked with copies, asked by a share of the callers, asked by all. */
export type Stage =
  | { role: 'shadow'; copies: number }
  | { role: 'canary'; percent: number }
  | { role: 'primary'; percent: 100 };

/** A wish with everything filled in. */
export interface Plan {
  stages: Stage[];
  every_ms: number;
  within_ms: number;
  requests: number | null;
  undecided: 'hold' | 'promote' | 'rollback';
  losses: 'watch' | 'require';
}

/**
 * The first step is half a percent: a version that does harm is nearly always found out in the first step, which it leaves only when
 * it is shown to be good enough, and so less than one request in a hundred has met it.
 */
const STEPS: readonly number[] = [0.5, 5, 25, 50];
const EVERY_S = 300;
const WITHIN_S = 24 * 3600;

/** What is wrong with a wish is said where it stands: `field`. */
export function planRollout(wish: RolloutWish, field = 'deploy.rollout'): Plan {
  const { steps = STEPS, shadow, every_s = EVERY_S, within_s = WITHIN_S, requests } = wish;
  const at = steps.findIndex((percent, i) => i > 0 && percent <= steps[i - 1]!);
  if (at > 0)
    throw invalid(
      `the step ${steps[at]} % comes after ${steps[at - 1]} %: the share of a canary only grows`,
      {
        field: `${field}.steps`,
        hint: 'write them rising, as 0.5, 5, 25, 50',
      },
    );
  if (within_s <= every_s)
    throw invalid(`a step lasts ${every_s} s at least, and must be decided within ${within_s} s`, {
      field: `${field}.within_s`,
      hint: 'give it more time than every_s',
    });
  return {
    stages: [
      ...(shadow === undefined ? [] : [{ role: 'shadow' as const, copies: shadow }]),
      ...steps.map((percent) => ({ role: 'canary' as const, percent })),
      { role: 'primary', percent: 100 },
    ],
    every_ms: every_s * 1000,
    within_ms: within_s * 1000,
    requests: requests ?? null,
    undecided: wish.undecided ?? 'hold',
    losses: wish.losses ?? 'watch',
  };
}

/** How a canary is compared; the same for all rollouts, and no part of a wish. */
export function testOf({ losses }: Pick<Plan, 'losses'>): CanaryPlan {
  return losses === 'require' ? REQUIRED : WATCHED;
}

const WATCHED = planCanary({
  metrics: ['errors', 'latency', 'loss'],
  required: ['errors', 'latency'],
  edges: LATENCY_EDGES,
});
const REQUIRED = planCanary({ metrics: ['errors', 'latency', 'loss'], edges: LATENCY_EDGES });

/** `5 % of the requests`, for a sentence. */
export function stageWords(stage: Stage): string {
  switch (stage.role) {
    case 'shadow':
      return `copies of requests (${stage.copies} of them)`;
    case 'canary':
      return `${stage.percent} % of the requests`;
    case 'primary':
      return 'all requests';
  }
}
