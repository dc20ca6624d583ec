import { messageOf } from '../../../platform/errors/index.ts';
import { betaLower, binomialTerm, chiSquareTail } from '../../../platform/mathematics/index.ts';
import { andersonDarling } from '../anderson-darling.ts';
import { cramerVonMises } from '../cramer-von-mises.ts';
import { energy, normedWasserstein } from '../distances.ts';
import { kolmogorovSmirnov } from '../kolmogorov-smirnov.ts';
import { momentsOf } from '../numbers.ts';
import { twoProportions } from '../proportions.ts';
import { mannWhitney } from '../rank-tests.ts';
import { sampleOf, type Sample } from '../sample.ts';
import { valueCounts, valuesOf, type PeerColumn, type PeerValues } from './column.ts';
import { countBetween, edgesBy, joined, numpySum, scipyEntropy, scipyJensenShannon } from './numpy.ts';

/** As Evidently says it of one column: `ValueDrift` of 0.7. */
export interface EvidentlyDrift {
  method: EvidentlyMethod;
  /** The method as its reports name it. */
  name: string;
  /** A p-value or a distance, as `method` has it; null where Evidently's is NaN. */
  score: number | null;
  threshold: number;
  drifted: boolean;
}

export type EvidentlyType = 'numerical' | 'categorical';

export interface EvidentlyOptions {
  /** Type of the column; told from the current data unless given, as Evidently does. */
  type?: EvidentlyType | undefined;
  /** As Evidently chooses it unless given: by the number of rows of the reference, and of values. */
  method?: EvidentlyMethod | undefined;
  threshold?: number | undefined;
}

interface Pair {
  reference: PeerValues;
  current: PeerValues;
  type: EvidentlyType;
}

interface Method {
  name: string;
  types: readonly EvidentlyType[];
  threshold: number;
  /** How a score stands to the threshold where there is drift. */
  drift: 'below' | 'at or below' | 'above' | 'at or above';
  score: (pair: Pair) => number | null;
}

/** At most so many different whole numbers are categories. */
const FEW_INTEGERS = 10;
/** A reference with more rows is measured by a distance instead of a test. */
const LARGE = 1000;

const NUMERICAL = ['numerical'] as const;
const CATEGORICAL = ['categorical'] as const;
const EITHER = ['numerical', 'categorical'] as const;

const sampleTest =
  (test: (reference: Sample, current: Sample) => { p: number | null }) =>
  (pair: Pair): number | null =>
    test(...samples(pair)).p;

const METHODS = {
  ks: {
    name: 'K-S p_value',
    types: NUMERICAL,
    threshold: 0.05,
    drift: 'at or below',
    score: sampleTest(kolmogorovSmirnov),
  },
  chisquare: {
    name: 'chi-square p_value',
    types: CATEGORICAL,
    threshold: 0.05,
    drift: 'below',
    score: chiSquareOfFit,
  },
  z: { name: 'Z-test p_value', types: CATEGORICAL, threshold: 0.05, drift: 'below', score: proportions },
  wasserstein: {
    name: 'Wasserstein distance (normed)',
    types: NUMERICAL,
    threshold: 0.1,
    drift: 'at or above',
    score: (pair) => normedWasserstein(...samples(pair)).value,
  },
  jensenshannon: {
    name: 'Jensen-Shannon distance',
    types: EITHER,
    threshold: 0.1,
    drift: 'at or above',
    score: (pair) => scipyJensenShannon(...binned(pair), 'e'),
  },
  psi: { name: 'PSI', types: EITHER, threshold: 0.1, drift: 'at or above', score: stability },
  kl_div: {
    name: 'Kullback-Leibler divergence',
    types: EITHER,
    threshold: 0.1,
    drift: 'at or above',
    score: (pair) => scipyEntropy(...filled(binned(pair))),
  },
  hellinger: {
    name: 'Hellinger distance',
    types: EITHER,
    threshold: 0.1,
    drift: 'at or above',
    score: hellingerDistance,
  },
  ed: {
    name: 'Energy-distance',
    types: NUMERICAL,
    threshold: 0.1,
    drift: 'above',
    score: (pair) => energy(...samples(pair)).value,
  },
  anderson: {
    name: 'Anderson-Darling',
    types: NUMERICAL,
    threshold: 0.1,
    drift: 'below',
    score: (pair) => andersonOf(...samples(pair)),
  },
  cramer_von_mises: {
    name: 'Cramer-von Mises',
    types: NUMERICAL,
    threshold: 0.1,
    drift: 'at or below',
    score: sampleTest((reference, current) => cramerVonMises(reference, current, { lastTerm: 1e-7 })),
  },
  mannw: {
    name: 'Mann-Whitney U-rank test',
    types: NUMERICAL,
    threshold: 0.05,
    drift: 'below',
    // One-sided: a shift downwards is not seen.
    score: sampleTest((reference, current) => mannWhitney(reference, current, { alternative: 'less' })),
  },
  t_test: { name: 't_test', types: NUMERICAL, threshold: 0.05, drift: 'below', score: student },
  g_test: { name: 'g_test', types: CATEGORICAL, threshold: 0.1, drift: 'below', score: likelihoodRatio },
  fisher_exact: {
    name: "Fisher's Exact test",
    types: CATEGORICAL,
    threshold: 0.1,
    drift: 'below',
    score: fisherExact,
  },
} as const satisfies Record<string, Method>;

export type EvidentlyMethod = keyof typeof METHODS;

/** Not offered: `TVD`, `empirical_mmd`, `es` and the methods of texts, of which most draw random numbers as NumPy does. */
export const EVIDENTLY_METHODS = Object.keys(METHODS) as readonly EvidentlyMethod[];

/** What Evidently raises an exception at: the text says why. */
export interface EvidentlyRaises {
  raises: string;
}

/**
 * The drift of a column as Evidently 0.7 computes it, choice of method, bins and traps included: missing values and infinities are dropped
 * first, the chi-square takes the reference for exact, bins for PSI, KL and JS are Sturges' of both sides together, and Mann–Whitney is
 * one-sided. One figure is not reproduced: up to 20 values a side the exact p of `cramer_von_mises`, which Evidently rounds to half or single precision or
 * fails at, is exact here. For comparison with its reports, not for alarms. A plain array of numbers is a column of doubles, as in a data frame;
 * a typed array of whole numbers is one of integers.
 */
export function evidently(
  referenceColumn: PeerColumn,
  currentColumn: PeerColumn,
  { type, method, threshold }: EvidentlyOptions = {},
): EvidentlyDrift | EvidentlyRaises {
  try {
    const reference = valuesOf(referenceColumn, { infinite: 'dropped' });
    const current = valuesOf(currentColumn, { infinite: 'dropped' });
    const kind = type ?? typeOf(current);
    if (reference.names.length === 0) throw new Raised('the reference has no values');
    if (current.names.length === 0) throw new Raised('the current data has no values');
    if (kind === 'numerical' && !(reference.numbers && current.numbers))
      throw new Raised('the column should contain numerical values only');
    const pair = { reference, current, type: kind };
    const chosen = method ?? defaultMethod(pair);
    const its: Method = METHODS[chosen];
    // Those that it chooses itself are not asked whether they are for the type.
    if (method && !its.types.includes(kind)) throw new Raised(`${method} is not for ${kind} columns`);
    const raw = its.score(pair);
    const score = raw === null || Number.isNaN(raw) ? null : raw;
    const limit = threshold ?? its.threshold;
    return {
      method: chosen,
      name: its.name,
      score,
      threshold: limit,
      drifted: beyond(score, limit, its.drift),
    };
  } catch (error) {
    if (error instanceof Raised) return { raises: messageOf(error) };
    throw error;
  }
}

class Raised extends Error {}

function beyond(score: number | null, threshold: number, drift: Method['drift']): boolean {
  if (score === null) return false;
  if (drift === 'below') return score < threshold;
  if (drift === 'at or below') return score <= threshold;
  return drift === 'above' ? score > threshold : score >= threshold;
}

function typeOf({ kind, names }: PeerValues): EvidentlyType {
  const distinct = new Set(names).size;
  if (kind === 'float') return 'numerical';
  if (kind === 'integer') return distinct <= FEW_INTEGERS ? 'categorical' : 'numerical';
  if (kind === 'text' && distinct > names.length * 0.5)
    throw new Raised('the column is one of texts, whose drift a classifier tells');
  return 'categorical';
}

function defaultMethod({ reference, current, type }: Pair): EvidentlyMethod {
  const distinct = new Set([...reference.names, ...current.names]).size;
  const few = type === 'categorical' || distinct <= 5;
  if (reference.names.length > LARGE) return few ? 'jensenshannon' : 'wasserstein';
  if (few) return distinct > 2 ? 'chisquare' : 'z';
  return 'ks';
}

const samples = ({ reference, current }: Pair): [Sample, Sample] => [
  sampleOf(reference.numbers!),
  sampleOf(current.numbers!),
];

function andersonOf(reference: Sample, current: Sample): number {
  const { p } = andersonDarling(reference, current);
  if (p === null) throw new Raised('needs more than one distinct observation');
  return p;
}

/** Shares: by Sturges' bins of both sides together where the reference has more than 20 different numbers, else by value. */
function binned({ reference, current, type }: Pair): [Float64Array, Float64Array] {
  const [n, m] = [reference.names.length, current.names.length];
  if (type === 'numerical' && new Set(reference.names).size > 20) {
    const both = joined(reference.numbers!, current.numbers!);
    const edges = edgesBy('sturges', both, reference.integers && current.integers);
    return [
      countBetween(reference.numbers!, edges).map((one) => one / n),
      countBetween(current.numbers!, edges).map((one) => one / m),
    ];
  }
  const { one, other } = valueCounts(reference.names, current.names);
  return [one.map((count) => count / n), other.map((count) => count / m)];
}

/** Empty bins are lifted, and nothing is divided by the sum again. */
function filled(pair: [Float64Array, Float64Array]): [Float64Array, Float64Array] {
  return pair.map((shares) => {
    const least = shares.reduce((low, one) => (one > 0 ? Math.min(low, one) : low), Infinity);
    const lift = least <= 0.0001 ? least / 1e6 : 0.0001;
    return shares.map((one) => (one === 0 ? lift : one));
  }) as [Float64Array, Float64Array];
}

function stability(pair: Pair): number {
  const [p, q] = filled(binned(pair));
  return numpySum(p.map((one, i) => (one - q[i]!) * Math.log(one / q[i]!)));
}

/** The reference stands for what is expected, as if it were known exactly. */
function chiSquareOfFit({ reference, current }: Pair): number {
  const { one, other } = valueCounts(reference.names, current.names);
  const times = current.names.length / reference.names.length;
  const statistic = numpySum(
    one.map((expected, i) => (other[i]! - expected * times) ** 2 / (expected * times)),
  );
  return one.length > 1 ? chiSquareTail(statistic, one.length - 1) : NaN;
}

function proportions({ reference, current }: Pair): number | null {
  const { names, one, other } = valueCounts(reference.names, current.names);
  if (names.length === 1) return 1;
  // All but the first value in order are hits.
  const [first] = names.toSorted((a, b) => (reference.numbers ? Number(a) - Number(b) : a < b ? -1 : 1));
  const at = names.indexOf(first!);
  const [n, m] = [reference.names.length, current.names.length];
  return twoProportions({ hits: n - one[at]!, tries: n }, { hits: m - other[at]!, tries: m }).p;
}

/** By Sturges' bins of the different values of both sides, each counted once. */
function hellingerDistance({ reference, current, type }: Pair): number {
  const [n, m] = [reference.names.length, current.names.length];
  const root = (one: Float64Array, other: Float64Array, all: number, others: number): number => {
    let overlap = 0;
    for (let i = 0; i < one.length; i++) overlap += Math.sqrt((one[i]! / all) * (other[i]! / others));
    return Math.sqrt(1 - Math.min(1, Math.max(0, overlap)));
  };
  if (type === 'categorical') {
    const { one, other } = valueCounts(reference.names, current.names);
    return root(one, other, n, m);
  }
  const distinct = Float64Array.from(new Set(joined(reference.numbers!, current.numbers!)));
  const edges = edgesBy('sturges', distinct, reference.integers && current.integers);
  return root(countBetween(reference.numbers!, edges), countBetween(current.numbers!, edges), n, m);
}

/** Student's t of equal variances, two-sided. */
function student({ reference, current }: Pair): number {
  const sides = [reference.numbers!, current.numbers!].map((values) => ({
    n: values.length,
    ...momentsOf(values),
  }));
  const [x, y] = sides as [(typeof sides)[0], (typeof sides)[0]];
  const df = x.n + y.n - 2;
  const variance = (x.n * x.deviation ** 2 + y.n * y.deviation ** 2) / df;
  const t = (x.mean - y.mean) / Math.sqrt(variance * (1 / x.n + 1 / y.n));
  return Number.isNaN(t) ? NaN : betaLower(df / 2, 0.5, df / (df + t * t));
}

function likelihoodRatio({ reference, current }: Pair): number {
  const { one, other } = valueCounts(reference.names, current.names);
  // SciPy refuses sums that differ, and the expected counts are not scaled.
  if (reference.names.length !== current.names.length)
    throw new Raised('reference and current data have not the same number of rows');
  const statistic = 2 * numpySum(other.map((seen, i) => (seen === 0 ? 0 : seen * Math.log(seen / one[i]!))));
  return one.length > 1 ? chiSquareTail(statistic, one.length - 1) : NaN;
}

/** Two-sided, of two values on equally many rows: all tables no likelier than the one that was seen. */
function fisherExact({ reference, current }: Pair): number {
  const [n, m] = [reference.names.length, current.names.length];
  if (new Set(reference.names).size > 2 || new Set(current.names).size > 2)
    throw new Raised('expects binary data');
  if (n !== m) throw new Raised('reference and current data have not the same number of rows');
  const { names, one, other } = valueCounts(reference.names, current.names);
  if (names.length > 2) throw new Raised('expects the same two values');
  if (names.length < 2) return 1;
  const hits = one[0]! + other[0]!;
  // A table is as likely as the product of two binomials of any one chance.
  const chance = hits / (n + m);
  const likelihood = (k: number): number => binomialTerm(k, n, chance) * binomialTerm(hits - k, m, chance);
  const seen = likelihood(one[0]!) * (1 + 1e-7);
  let [as, all] = [0, 0];
  for (let k = Math.max(0, hits - m); k <= Math.min(n, hits); k++) {
    const likely = likelihood(k);
    all += likely;
    if (likely <= seen) as += likely;
  }
  return as / all;
}
