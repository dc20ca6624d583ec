import {
  boundedErrors,
  capOf,
  planHarm,
  startHarm,
  stepHarm,
  type HarmOptions,
  type HarmResult,
  type HarmState,
} from '../detectors/betting.ts';
import type { Losses } from './questions.ts';

/** A figure of the evaluation that the version was judged by. */
export interface Judged {
  name: string;
  value: number;
  low?: number;
  high?: number;
  n: number;
}

/** What is normal of a loss, and since when it is bet on; kept with the first outcomes, so that a later evaluation changes nothing. */
interface Bet {
  normal: Required<Pick<HarmOptions, 'baseline'>> & Pick<HarmOptions, 'rows' | 'variance'>;
  /** Unit of errors that have no end. */
  cap?: number;
  /** Says where `normal` is from. */
  source: string;
  state: HarmState;
}

/** What has been gathered on a version, as it is stored. */
export interface HarmEvidence {
  bets: Partial<Record<Losses['loss'], Bet>>;
  /** First losses of which nobody has said what is normal. */
  learning: Partial<Record<Losses['loss'], number[]>>;
}

/** So many first outcomes say what is normal, where no evaluation does. */
const LEARN = 1000;

export interface Harm {
  evidence: HarmEvidence;
  /** Of each loss that is bet on; the strongest first. */
  results: Array<HarmResult & { loss: Losses['loss']; source: string }>;
}

/**
 * One batch of outcomes more. Each loss of the version has a bet of its own, and they share the page a year that may be false. What is normal is what
 * the version was judged by; where that does not say it, its own first outcomes do.
 */
export function watchHarm(
  losses: readonly Losses[],
  { from, to }: { from: number; to: number },
  judged: readonly Judged[],
  before: HarmEvidence = { bets: {}, learning: {} },
): Harm {
  const evidence: HarmEvidence = { bets: { ...before.bets }, learning: { ...before.learning } };
  const results: Harm['results'] = [];
  for (const { loss, values } of losses) {
    let bet = evidence.bets[loss] ?? betOn(loss, judged);
    if (!bet) {
      const first = [...(evidence.learning[loss] ?? []), ...values];
      evidence.learning[loss] = first.slice(0, LEARN);
      if (first.length < LEARN) continue;
      bet = learnt(loss, first.slice(0, LEARN));
      delete evidence.learning[loss];
      evidence.bets[loss] = bet;
      continue;
    }
    const plan = planHarm({ ...bet.normal, pagesAYear: 1 / losses.length });
    const { cap } = bet;
    const bounded = cap === undefined ? values : boundedErrors(values, new Float64Array(values.length), cap);
    const until = bet.state.until ?? from;
    // Outcomes of an earlier window that were scored late became known now.
    const step = stepHarm(plan, bet.state, {
      from: Math.max(from, until),
      to: Math.max(to, until),
      losses: bounded,
    });
    evidence.bets[loss] = { ...bet, state: step.state };
    results.push({ ...step.result, loss, source: bet.source });
  }
  return { evidence, results: results.toSorted((a, b) => b.evidence - a.evidence) };
}

/** What an evaluation says of a loss. */
function betOn(loss: Losses['loss'], judged: readonly Judged[]): Bet | undefined {
  const of = (name: string): Judged | undefined => judged.find((one) => one.name === name);
  const source = 'when it was judged';
  if (loss === 'absolute_error') {
    const [mean, root, median] = [of('mae'), of('rmse'), of('median_ae')];
    if (!mean || !root || !median || median.value <= 0) return undefined;
    const cap = 5 * median.value;
    // Errors beyond the cap count as one cap, so this mean and this variance are the most that they can be.
    const baseline = Math.min(0.9, mean.value / cap);
    const variance = Math.max(0, root.value ** 2 - mean.value ** 2) / cap ** 2;
    return begun({ baseline, variance: Math.max(variance, 1e-6), rows: mean.n }, source, cap);
  }
  const figure = of(loss === 'error' ? 'accuracy' : 'brier');
  if (!figure) return undefined;
  const baseline = loss === 'error' ? 1 - figure.value : figure.value;
  return begun({ baseline, rows: figure.n, ...varianceOf(figure) }, source);
}

/** Of one loss, as the interval of its mean tells it: that is wider where rows go together. */
function varianceOf({ low, high, n }: Judged): { variance?: number } {
  if (low === undefined || high === undefined || high <= low) return {};
  return { variance: n * ((high - low) / (2 * 1.959963984540054)) ** 2 };
}

function learnt(loss: Losses['loss'], first: readonly number[]): Bet {
  const cap = loss === 'absolute_error' ? capOf(first) : undefined;
  const values = cap === undefined ? first : [...boundedErrors(first, new Float64Array(first.length), cap)];
  const baseline = values.reduce((sum, one) => sum + one, 0) / values.length;
  const variance = values.reduce((sum, one) => sum + (one - baseline) ** 2, 0) / (values.length - 1);
  const normal = {
    baseline: Math.min(0.99, baseline),
    rows: values.length,
    variance: Math.max(variance, 1e-6),
  };
  return begun(normal, `of its first ${LEARN.toLocaleString('en')} outcomes`, cap);
}

const begun = (normal: Bet['normal'], source: string, cap?: number): Bet => ({
  normal,
  source,
  ...(cap === undefined ? {} : { cap }),
  state: startHarm(planHarm(normal)),
});
