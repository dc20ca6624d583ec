import { invalid } from '../platform/errors/index.ts';
import { edgeOfTail, LATENCY_EDGES, slower } from './latency.ts';
import { meanLog, ratioLog, type Side } from './two-sample.ts';

/** What may go wrong with a canary. Latency stands for one quantile of it. */
export const CANARY_METRICS = ['errors', 'latency', 'loss'] as const;
export type CanaryMetric = (typeof CANARY_METRICS)[number];

export interface CanaryOptions {
  /** Compared: harm in any of them rolls a canary back. `loss` needs outcomes. Default: errors and latency. */
  metrics?: readonly CanaryMetric[];
  /** Those of them in which it must be shown to be good enough before it is promoted; all unless said. */
  required?: readonly CanaryMetric[];
  /** Chance that a canary which is no worse is ever rolled back; 0.05. */
  alpha?: number;
  /** Chance that one which is worse by a margin is ever promoted, per metric; 0.05. */
  beta?: number;
  /** How much worse is no reason to roll back: 0.001 of answers for errors, 5 % of the latency quantile, 0.005 of the mean loss. */
  tolerance?: Partial<Record<CanaryMetric, number>>;
  /** How much worse must be ruled out to promote: 0.01, 10 %, 0.01. */
  margin?: Partial<Record<CanaryMetric, number>>;
  /**
   * Of latency, ms: so much more is no reason to roll back (0.5), and need not be ruled out (1), where tolerance and margin are less: a
   * process that is asked rarely is some tenths of a millisecond slower for it.
   */
  slack?: { tolerance: number; margin: number };
  /** Of latency: 0.99. */
  quantile?: number;
  /** Upper edges of the latency buckets, ms. A tolerance or margin finer than the edges is taken to the next of them. */
  edges?: readonly number[];
  /** Share of errors that is expected before anything was seen; 0.01. */
  errors?: number;
}

/** One side's answers since the batch before. */
export interface Answers {
  answers: number;
  errors: number;
  /** Counts per bucket, one more than edges. */
  latency: readonly number[];
  /** Losses that became known, each in [0, 1]. */
  losses?: ArrayLike<number>;
}

export interface CanaryPlan {
  metrics: readonly CanaryMetric[];
  required: readonly CanaryMetric[];
  alpha: number;
  beta: number;
  tolerance: Record<CanaryMetric, number>;
  margin: Record<CanaryMetric, number>;
  slack: { tolerance: number; margin: number };
  tail: number;
  edges: readonly number[];
  errors: number;
}

interface Sums {
  answers: number;
  errors: number;
  losses: number;
  loss: number;
  squares: number;
  latency: number[];
}

/** Goes through JSON unchanged. */
export interface CanaryState {
  version: 1;
  batches: number;
  primary: Sums;
  canary: Sums;
  /** Evidence of each metric that the canary is worse, per size of harm, and that it is good enough. */
  worse: Partial<Record<CanaryMetric, number[]>>;
  better: Partial<Record<CanaryMetric, number[]>>;
  verdict: CanaryResult['verdict'];
}

export interface CanaryResult {
  /** `promote` and `roll back` are final; the first that is reached holds. */
  verdict: 'hold' | 'promote' | 'roll back';
  /** Evidence for a rollback, in multiples of what it needs. */
  harm: number;
  /** Evidence per metric that the canary is good enough, in multiples of what a promotion needs. */
  proof: Partial<Record<CanaryMetric, number>>;
  /** Answers of the canary until then. */
  used: number;
  words: string;
}

const SIZES: Readonly<Record<CanaryMetric, readonly number[]>> = {
  errors: [0.005, 0.02, 0.06, 0.25],
  latency: [0.005, 0.015, 0.06, 0.3],
  loss: [0.01, 0.03, 0.1],
};
/** How near to its primary a canary is thought to be, as parts of the way to the margin. */
const NEAR: readonly number[] = [-0.25, 0, 0.35];
const LATE: readonly number[] = [0.75, 0.5, 0.2];
/** Answers of the primary before its latency is believed. */
const FEWEST = 200;
/** What evidence is kept of: so much is proof beyond any alpha, and JSON has no infinity. */
const MOST = 1e9;

/**
 * Prepares to compare a canary with its primary, batch by batch.
 *
 * Guarantee, with no approximation and however often one looks: a canary that in each batch is no worse than its primary plus the tolerance is ever rolled
 * back with probability ≤ alpha; one that in each batch is worse by the margin or more in some metric is ever promoted with probability ≤ beta. Both sides may
 * change together at any time. It is assumed that who asks is assigned at random and that answers are independent given the side; callers that stick to a side and
 * differ much from each other make it optimistic.
 */
export function planCanary(options: CanaryOptions = {}): CanaryPlan {
  const { metrics = ['errors', 'latency'], alpha = 0.05, beta = 0.05, quantile = 0.99 } = options;
  if (metrics.length === 0)
    throw invalid('metrics is empty: nothing would be compared', { field: 'metrics' });
  const { required = metrics } = options;
  if (required.length === 0 || required.some((one) => !metrics.includes(one)))
    throw invalid(`required is ${required.join(', ') || 'empty'}: it names one or more of metrics`, {
      field: 'required',
    });
  for (const [field, value] of Object.entries({ alpha, beta, quantile }))
    if (!(value > 0 && value < 1)) throw invalid(`${field} is ${value}: it lies between 0 and 1`, { field });
  const tolerance = { errors: 0.001, latency: 0.05, loss: 0.005, ...options.tolerance };
  const margin = { errors: 0.01, latency: 0.1, loss: 0.01, ...options.margin };
  for (const metric of CANARY_METRICS)
    if (!(tolerance[metric] >= 0 && margin[metric] > 0))
      throw invalid(`tolerance and margin of ${metric} are ${tolerance[metric]} and ${margin[metric]}`, {
        field: `tolerance.${metric}`,
        hint: 'a tolerance is 0 or more, a margin above 0',
      });
  return {
    metrics,
    required,
    alpha,
    beta,
    tolerance,
    margin,
    slack: options.slack ?? { tolerance: 0.5, margin: 1 },
    tail: 1 - quantile,
    edges: options.edges ?? LATENCY_EDGES,
    errors: options.errors ?? 0.01,
  };
}

export function startCanary(plan: CanaryPlan): CanaryState {
  const sums = (): Sums => ({
    answers: 0,
    errors: 0,
    losses: 0,
    loss: 0,
    squares: 0,
    latency: Array.from({ length: plan.edges.length + 1 }, () => 0),
  });
  const all = (of: (metric: CanaryMetric) => readonly number[]): Partial<Record<CanaryMetric, number[]>> =>
    Object.fromEntries(plan.metrics.map((metric) => [metric, of(metric).map(() => 0)]));
  return {
    version: 1,
    batches: 0,
    primary: sums(),
    canary: sums(),
    worse: all((metric) => SIZES[metric]),
    better: all(() => NEAR),
    verdict: 'hold',
  };
}

/** One batch more. Small batches are better: what is favoured in one comes from those before. */
export function stepCanary(
  plan: CanaryPlan,
  state: CanaryState,
  batch: { primary: Answers; canary: Answers },
): { state: CanaryState; result: CanaryResult } {
  for (const side of ['primary', 'canary'] as const) check(side, batch[side], plan);
  const batches = state.batches + 1;
  // Half of the stake is bet from the first batch on, the rest enters later, so that a canary which turns bad is seen, too: the shares add to 1.
  const enters = 0.5 / (batches * (batches + 1)) + (batches === 1 ? 0.5 : 0);
  const step = (before: number, log: number): number =>
    Math.min(MOST, (before + enters) * Math.exp(Math.min(700, log)));
  const worse: CanaryState['worse'] = {};
  const better: CanaryState['better'] = {};
  for (const metric of plan.metrics) {
    const logs = LOGS[metric](plan, state, batch);
    worse[metric] = state.worse[metric]!.map((one, k) => step(one, logs.worse[k]!));
    better[metric] = state.better[metric]!.map((one, k) => step(one, logs.better[k]!));
  }
  const now: CanaryState = {
    version: 1,
    batches,
    primary: added(state.primary, batch.primary),
    canary: added(state.canary, batch.canary),
    worse,
    better,
    verdict: state.verdict,
  };
  const result = readCanary(plan, now);
  return { state: { ...now, verdict: result.verdict }, result };
}

/** What the batches so far say. */
export function readCanary(plan: CanaryPlan, state: CanaryState): CanaryResult {
  const average = (of: readonly number[]): number => of.reduce((sum, one) => sum + one, 0) / of.length;
  const each = plan.metrics.map((metric) => ({ metric, evidence: average(state.worse[metric]!) }));
  const harm = average(each.map(({ evidence }) => evidence)) * plan.alpha;
  const proof = Object.fromEntries(
    plan.metrics.map((metric) => [metric, average(state.better[metric]!) * plan.beta]),
  );
  const proven = plan.required.every((metric) => proof[metric]! >= 1);
  let { verdict } = state;
  if (verdict === 'hold') verdict = harm >= 1 ? 'roll back' : proven ? 'promote' : 'hold';
  const { metric: first } = each.reduce((most, one) => (one.evidence > most.evidence ? one : most));
  return {
    verdict,
    harm,
    proof,
    used: state.canary.answers,
    words: words(plan, state, { verdict, proof, first }),
  };
}

type Logs = (
  plan: CanaryPlan,
  state: CanaryState,
  batch: { primary: Answers; canary: Answers },
) => { worse: number[]; better: number[] };

const LOGS: Readonly<Record<CanaryMetric, Logs>> = {
  errors(plan, { primary }, batch) {
    const of = ({ answers, errors }: Answers): Side => ({ count: answers, bad: errors });
    const [left, right] = [of(batch.canary), of(batch.primary)];
    const p = (primary.errors + 100 * plan.errors) / (primary.answers + 100);
    const { errors: margin } = plan.margin;
    const { errors: tolerance } = plan.tolerance;
    return {
      worse: SIZES.errors.map((size) =>
        ratioLog(left, right, { q: capped(p + tolerance + size), p, margin: tolerance }),
      ),
      better: NEAR.map((near) =>
        ratioLog(right, left, { q: p, p: floored(p + near * margin, p), margin: -margin }),
      ),
    };
  },
  latency(plan, { primary }, batch) {
    if (primary.answers < FEWEST) return { worse: SIZES.latency.map(() => 0), better: NEAR.map(() => 0) };
    const edge = edgeOfTail(primary.latency, plan.tail);
    const share = (at: number): number => (slower(primary.latency, at) + 0.5) / (primary.answers + 1);
    const of = ({ answers, latency }: Answers, at: number): Side => ({
      count: answers,
      bad: slower(latency, at),
    });
    const right = of(batch.primary, edge);
    const p = share(edge);
    const quick = plan.edges[edge]!;
    const near = at(
      plan.edges,
      edge,
      Math.max(quick * (1 + plan.tolerance.latency), quick + plan.slack.tolerance),
    );
    const far = beyond(plan.edges, Math.max(quick * (1 + plan.margin.latency), quick + plan.slack.margin));
    return {
      worse: SIZES.latency.map((size) =>
        ratioLog(of(batch.canary, near), right, { q: capped(p + size), p, margin: 0 }),
      ),
      better: LATE.map((part) => ratioLog(right, of(batch.canary, far), { q: p, p: p * part, margin: 0 })),
    };
  },
  loss(plan, { primary, canary }, batch) {
    const [left, right] = [batch.canary.losses ?? [], batch.primary.losses ?? []];
    const seen = primary.losses + canary.losses;
    // Before anything is known a loss is thought to be a fifth, as widely spread as errors are.
    const mean = (primary.loss + 10 * 0.2) / (primary.losses + 10);
    const square = (primary.squares + canary.squares + 10 * 0.2) / (seen + 10);
    const pooled = (primary.loss + canary.loss + 10 * 0.2) / (seen + 10);
    const variance = Math.max(1e-4, square - pooled ** 2);
    const { loss: margin } = plan.margin;
    const { loss: tolerance } = plan.tolerance;
    const both = variance * (1 + left.length / Math.max(1, right.length));
    const back = variance * (1 + right.length / Math.max(1, left.length));
    return {
      worse: SIZES.loss.map((size) =>
        meanLog(left, right, { v: mean, stake: size / (both + size * size), margin: tolerance }),
      ),
      better: NEAR.map((near) =>
        meanLog(right, left, { v: mean + margin, stake: ((1 - near) * margin) / back, margin: -margin }),
      ),
    };
  },
};

const capped = (share: number): number => Math.min(0.999, share);
const floored = (share: number, p: number): number => Math.max(p / 4, share);

/** The last edge up to so many ms, this one at least; beyond: the first from there on. */
const at = (edges: readonly number[], edge: number, ms: number): number =>
  Math.max(
    edge,
    edges.findLastIndex((one) => one <= ms * (1 + 1e-9)),
  );
const beyond = (edges: readonly number[], ms: number): number => {
  const first = edges.findIndex((one) => one >= ms * (1 - 1e-9));
  return first < 0 ? edges.length - 1 : first;
};

function added(sums: Sums, { answers, errors, latency, losses = [] }: Answers): Sums {
  let loss = 0;
  let squares = 0;
  for (let i = 0; i < losses.length; i++) {
    loss += losses[i]!;
    squares += losses[i]! ** 2;
  }
  return {
    answers: sums.answers + answers,
    errors: sums.errors + errors,
    losses: sums.losses + losses.length,
    loss: sums.loss + loss,
    squares: sums.squares + squares,
    latency: sums.latency.map((one, k) => one + latency[k]!),
  };
}

function check(side: string, { answers, errors, latency, losses = [] }: Answers, plan: CanaryPlan): void {
  const fault = (field: string, says: string): Error =>
    invalid(`${side}.${field} ${says}`, { field: `${side}.${field}` });
  if (!(answers >= 0 && answers < Infinity)) throw fault('answers', `is ${answers}: it is no count`);
  if (!(errors >= 0 && errors <= answers)) throw fault('errors', `is ${errors} of ${answers} answers`);
  if (latency.length !== plan.edges.length + 1)
    throw fault(
      'latency',
      `has ${latency.length} buckets, where ${plan.edges.length} edges make ${plan.edges.length + 1}`,
    );
  for (const one of latency)
    if (!(one >= 0 && one < Infinity)) throw fault('latency', `has ${one}: it is no count`);
  for (let i = 0; i < losses.length; i++)
    if (!(losses[i]! >= 0 && losses[i]! <= 1))
      throw fault(`losses[${i}]`, `is ${losses[i]}: a loss lies in [0, 1]`);
}

function words(
  plan: CanaryPlan,
  { primary, canary }: CanaryState,
  { verdict, proof, first }: Pick<CanaryResult, 'verdict' | 'proof'> & { first: CanaryMetric },
): string {
  const share = (part: number, of: number): string =>
    of === 0 ? '–' : `${((100 * part) / of).toFixed(2)} %`;
  const edge = edgeOfTail(primary.latency, plan.tail);
  const limit = `${plan.edges[edge]!.toPrecision(3)} ms`;
  const said: Record<CanaryMetric, string> = {
    errors: `errors ${share(canary.errors, canary.answers)}, primary ${share(primary.errors, primary.answers)}`,
    latency:
      primary.answers === 0
        ? 'no latency seen'
        : `slower than ${limit} ${share(slower(canary.latency, edge), canary.answers)}, primary ${share(slower(primary.latency, edge), primary.answers)}`,
    loss: `mean loss ${share(canary.loss, canary.losses)}, primary ${share(primary.loss, primary.losses)}`,
  };
  const used = `${canary.answers} answers of the canary`;
  if (verdict === 'roll back') return `roll back: ${said[first]} (${used})`;
  if (verdict === 'promote')
    return `promote: shown to be good enough in ${plan.required.join(', ')} (${used}; ${plan.required.map((metric) => said[metric]).join('; ')})`;
  const open = plan.required.filter((metric) => proof[metric]! < 1);
  return `hold: not yet shown to be good enough in ${open.join(', ')} (${used}; ${open.map((metric) => said[metric]).join('; ')})`;
}

/**
 * About how many answers of a canary it takes, half of the time, to roll one back whose share of bad answers is `worse` where its primary has `base`, the primary having much more traffic:
 * (ln of what a rollback needs, with the weight of the size that fits) / KL(worse ‖ base + tolerance).
 */
export function answersNeeded(
  plan: CanaryPlan,
  { base, worse, metric }: { base: number; worse: number; metric: 'errors' | 'latency' },
): number {
  const from = base + (metric === 'errors' ? plan.tolerance.errors : 0);
  if (worse <= from) return Infinity;
  const each = worse * Math.log(worse / from) + (1 - worse) * Math.log((1 - worse) / (1 - from));
  return Math.ceil(Math.log((2 * plan.metrics.length * SIZES[metric].length) / plan.alpha) / each);
}
