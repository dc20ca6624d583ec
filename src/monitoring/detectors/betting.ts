import { invalid } from '../../platform/errors/index.ts';
import { moment } from '../../platform/words/index.ts';
import { addTo, noMean, rangeOf, type MeanSums } from './confidence-sequence.ts';
import { grown, nothing, YEAR, type Evidence } from './evidence.ts';

/** The loss that is normal, and what is put up with. Losses lie in [0, 1]: an error is 1. */
export interface HarmOptions {
  /** Mean loss on the rows that the version was judged on. */
  baseline: number;
  /** How many rows these were; left out, the baseline is taken as exact. */
  rows?: number;
  /** Variance of one loss there; left out it is that of errors, the widest there is. */
  variance?: number;
  /** A rise that is no harm: 0.01 is a point. Never less than two standard errors of the baseline. */
  tolerance?: number;
  /** False pages a year that are put up with; 1. */
  pagesAYear?: number;
  /** Of the interval of the risk: 0.05. */
  alpha?: number;
}

/** Goes through JSON unchanged. */
export interface HarmState {
  version: 1;
  until: number | null;
  outcomes: number;
  bets: Evidence[];
  risk: MeanSums;
  /** Count and sum of losses since each bet began to win. */
  recent: Array<{ count: number; sum: number }>;
}

/** Outcomes that became known, in whatever order; a loss may come days after its prediction. */
export interface Outcomes {
  /** When the first and the last of them became known, in milliseconds. The time since the batch before counts as passed. */
  from: number;
  to: number;
  losses: ArrayLike<number>;
}

export interface HarmResult {
  page: boolean;
  /** In multiples of what a page needs. */
  evidence: number;
  outcomes: number;
  /** Risk since the start, with an interval that holds at all times together. */
  risk: { mean: number; low: number; high: number } | null;
  /** The harm is dated to the batch that began then, with the mean loss since. */
  since: number | null;
  lossSince: number | null;
  words: string;
}

/** Rises beyond what is put up with, and how likely each is thought. */
const RISES: ReadonlyArray<readonly [number, number]> = [
  [0.015, 0.15],
  [0.04, 0.5],
  [0.1, 0.25],
  [0.3, 0.1],
];

interface Bet {
  stake: number;
  weight: number;
}

export interface HarmPlan {
  /** Mean loss up to which nothing is wrong. */
  bound: number;
  baseline: number;
  threshold: number;
  alpha: number;
  bets: Bet[];
}

/**
 * Prepares to bet on the realised loss. Each outcome multiplies a stake by 1 + λ(loss − bound), which loses on average as long as the mean loss, given
 * everything before, is at most `bound` = baseline + tolerance, whatever the distribution (Waudby-Smith and Ramdas 2024; tolerance as in Podkopaev and Ramdas 2022).
 *
 * Guarantee, with no approximation: while the risk stays within the bound, false pages come on average at most `pagesAYear` times a year, whatever the sizes of
 * the batches, if how fast outcomes come does not depend on their losses. A shift of inputs that does not hurt never pages.
 */
export function planHarm(options: HarmOptions): HarmPlan {
  const { baseline, rows, tolerance = 0.01, pagesAYear = 1, alpha = 0.05 } = options;
  if (!(baseline >= 0 && baseline < 1))
    throw invalid(`baseline is ${baseline}: a mean loss lies in [0, 1)`, { field: 'baseline' });
  if (!(tolerance >= 0))
    throw invalid(`tolerance is ${tolerance}: it has to be 0 or more`, { field: 'tolerance' });
  if (!(pagesAYear > 0))
    throw invalid(`pagesAYear is ${pagesAYear}: it has to be above 0`, { field: 'pagesAYear' });
  const doubt =
    rows === undefined ? 0 : 2 * Math.sqrt((options.variance ?? baseline * (1 - baseline)) / rows);
  const bound = Math.min(0.999, Math.max(baseline + Math.max(tolerance, doubt), 1e-6));
  const spread = Math.min(bound * (1 - bound), options.variance ?? Infinity);
  return {
    bound,
    baseline,
    threshold: 1 / pagesAYear,
    alpha,
    // The stake that grows fastest if the mean has risen by so much; no loss takes more than nine tenths.
    bets: RISES.map(([rise, weight]) => ({
      weight,
      stake: Math.min(0.9 / bound, rise / (spread + rise * rise)),
    })),
  };
}

const noLosses = (): { count: number; sum: number } => ({ count: 0, sum: 0 });

export const startHarm = (plan: HarmPlan): HarmState => ({
  version: 1,
  until: null,
  outcomes: 0,
  bets: Array.from(plan.bets, nothing),
  risk: noMean(),
  recent: plan.bets.map(noLosses),
});

/** One batch more. A batch without outcomes changes nothing. */
export function stepHarm(
  plan: HarmPlan,
  state: HarmState,
  { from, to, losses }: Outcomes,
): { state: HarmState; result: HarmResult } {
  if (!(to >= from)) throw invalid(`the batch ends at ${to}, before it begins at ${from}`, { field: 'to' });
  if (state.until !== null && to < state.until)
    throw invalid(`the batch became known at ${to}, and one of ${state.until} was seen already`, {
      field: 'to',
      hint: 'batches are fed in the order in which they became known',
    });
  const risk = { ...state.risk };
  const logs = new Float64Array(plan.bets.length);
  let sum = 0;
  for (let i = 0; i < losses.length; i++) {
    const loss = losses[i]!;
    if (!(loss >= 0 && loss <= 1))
      throw invalid(`losses[${i}] is ${loss}: a loss lies in [0, 1]`, {
        field: 'losses',
        hint: 'bring the losses of a regression into it by boundedErrors',
      });
    sum += loss;
    addTo(risk, loss, plan.alpha);
    for (let k = 0; k < logs.length; k++) logs[k]! += Math.log1p(plan.bets[k]!.stake * (loss - plan.bound));
  }
  if (losses.length === 0) return { state, result: readHarm(plan, state) };
  const years = (to - (state.until ?? from)) / YEAR;
  const bets = state.bets.map((one, k) =>
    grown(one, { log: logs[k]!, years, from, most: 1000 * plan.threshold }),
  );
  const recent = state.recent.map((one, k) => {
    const { since } = bets[k]!;
    if (since === null) return noLosses();
    const before = since === state.bets[k]!.since ? one : noLosses();
    return { count: before.count + losses.length, sum: before.sum + sum };
  });
  const now: HarmState = {
    version: 1,
    until: to,
    outcomes: state.outcomes + losses.length,
    bets,
    risk,
    recent,
  };
  // A page that has ended begins anew from nothing: evidence that hovers about the threshold is one page, not many.
  if (readHarm(plan, state).page && !readHarm(plan, now).page) {
    now.bets = plan.bets.map(nothing);
    now.recent = plan.bets.map(noLosses);
  }
  return { state: now, result: readHarm(plan, now) };
}

/** What the outcomes so far say. */
export function readHarm(plan: HarmPlan, state: HarmState): HarmResult {
  const each = state.bets.map(({ mass }, k) => (plan.bets[k]!.weight * mass) / plan.threshold);
  const evidence = each.reduce((sum, one) => sum + one, 0);
  const leading = each.indexOf(Math.max(...each));
  const page = evidence >= 1;
  const { count, sum } = state.recent[leading]!;
  const lossSince = count > 0 ? sum / count : null;
  const since = state.bets[leading]!.since;
  const { risk: sums, outcomes } = state;
  const risk = outcomes === 0 ? null : { mean: sums.sum / sums.count, ...rangeOf(sums, plan.alpha) };
  const points = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const words =
    risk === null
      ? 'no outcomes yet: nothing is known of the loss'
      : page && lossSince !== null && since !== null
        ? `harm: the mean loss is ${points(lossSince)} since ${moment(since)}, where ${points(plan.baseline)} is normal and up to ${points(plan.bound)} is put up with (${count} outcomes)`
        : `no harm: the mean loss is ${points(risk.mean)} (${points(risk.low)}–${points(risk.high)}) of ${outcomes} outcomes, up to ${points(plan.bound)} is put up with`;
  return { page, evidence, outcomes, risk, since, lossSince, words };
}

/**
 * Losses of a regression in [0, 1]: the absolute error in units of `cap`, at most 1. One wild row counts as one, so that the mean neither is carried by it nor misses a
 * fault of many rows. The cap is five times the median absolute error of the reference: for normal errors 3.4 standard deviations.
 */
export function boundedErrors(truth: ArrayLike<number>, said: ArrayLike<number>, cap: number): Float64Array {
  if (!(cap > 0)) throw invalid(`cap is ${cap}: it has to be above 0`, { field: 'cap' });
  return Float64Array.from(truth, (value, i) => Math.min(1, Math.abs(value - said[i]!) / cap));
}

/** Five times the median absolute error; of errors that are mostly 0, the largest, and 1 if all are. */
export function capOf(errors: readonly number[]): number {
  const sorted = errors.map(Math.abs).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return 5 * median || (sorted.at(-1) ?? 0) || 1;
}
