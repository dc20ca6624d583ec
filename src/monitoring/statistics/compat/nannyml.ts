import { chiSquareTail } from '../../../platform/mathematics/index.ts';
import { kolmogorovSmirnov } from '../kolmogorov-smirnov.ts';
import { wasserstein } from '../distances.ts';
import { sampleOf } from '../sample.ts';
import { valueCounts, valuesOf, type PeerColumn, type PeerValues } from './column.ts';
import {
  countBetween,
  edgesBy,
  extent,
  joined,
  linspace,
  numpyDeviation,
  numpyMean,
  numpySum,
  scipyJensenShannon,
} from './numpy.ts';

export type NannyMethod =
  | 'jensen_shannon'
  | 'hellinger'
  | 'kolmogorov_smirnov'
  | 'wasserstein'
  | 'chi2'
  | 'l_infinity';

export interface NannyChunk {
  /** Rows from `start` to before `end`. */
  start: number;
  end: number;
  /** Null where NannyML has NaN, which never alerts. */
  value: number | null;
  alert: boolean;
}

export interface NannyDrift {
  method: NannyMethod;
  type: 'continuous' | 'categorical';
  /** Mean and three standard deviations of the reference's own chunks; null for chi2, which alerts at p < 0.05. */
  upperThreshold: number | null;
  /** Of the analysis data. */
  chunks: NannyChunk[];
}

/** What NannyML raises an exception at, or logs one and leaves the column out: the text says why. */
export interface NannyRaises {
  raises: string;
}

export interface NannyOptions {
  /** NannyML's own default, unless given. */
  method?: NannyMethod | undefined;
  /** Texts and booleans are categorical unless said otherwise. */
  type?: 'continuous' | 'categorical' | undefined;
  /** Rows of a chunk, or number of chunks: ten unless given, and one more of what is left over. */
  chunks?: { size: number } | { number: number } | undefined;
}

/** A reference with as many values is kept as counts of bins. */
const LARGE = 10_000;
const BINS = 10_000;

/** What a method makes of the reference: the value of a chunk, and whether that alerts. */
interface Fitted {
  value: (chunk: PeerValues) => number;
  /** Where the value is not compared with the thresholds of the reference. */
  alerts?: (chunk: PeerValues) => boolean;
  /** The upper threshold is at most this. */
  most?: number;
}

const METHODS: Record<NannyMethod, { continuous?: Fit; categorical?: Fit }> = {
  jensen_shannon: { continuous: byBins(jensenShannon), categorical: byValues(jensenShannon) },
  hellinger: { continuous: byBins(hellinger), categorical: byValues(hellinger) },
  kolmogorov_smirnov: { continuous: fitKolmogorovSmirnov },
  wasserstein: { continuous: fitWasserstein },
  chi2: { categorical: fitChiSquare },
  l_infinity: { categorical: fitChebyshev },
};
type Fit = (reference: PeerValues) => Fitted;

/**
 * Univariate drift of a column as NannyML 0.13 computes it: by chunks, with thresholds of three standard deviations around the mean of the
 * reference's own chunks, whatever their number. For comparison with its results, not for alarms: with ten chunks such a threshold
 * is passed by chance far more often than three standard deviations suggest.
 */
export function nannyml(
  reference: PeerColumn,
  analysis: PeerColumn,
  { method = 'jensen_shannon', type, chunks = { number: 10 } }: NannyOptions = {},
): NannyDrift | NannyRaises {
  const whole = valuesOf(reference, { infinite: 'kept' });
  const kind = type ?? (whole.kind === 'text' || whole.kind === 'boolean' ? 'categorical' : 'continuous');
  const fit = METHODS[method][kind];
  if (!fit) return { raises: `method ${method} does not support ${kind} features` };
  if (kind === 'continuous' && !whole.numbers) return { raises: 'the column has other values than numbers' };
  if (whole.names.length === 0) return { raises: 'the reference has no values' };
  const binned = method !== 'kolmogorov_smirnov' && method !== 'wasserstein';
  if (
    kind === 'continuous' &&
    (binned || whole.names.length >= LARGE) &&
    !whole.numbers!.every(Number.isFinite)
  )
    return { raises: 'the reference has infinities, and no range' };
  const parts = [reference, analysis].map((column) => chunksOf(column, chunks));
  if (parts.includes(undefined)) return { raises: 'there are fewer rows than chunks' };
  const [own, its] = parts as [Chunk[], Chunk[]];
  const { value, alerts, most } = fit(whole);
  const valued = (chunk: Chunk): number => (chunk.values.names.length === 0 ? NaN : value(chunk.values));
  const upper = alerts ? null : thresholdOf(own.map(valued), most ?? Infinity);
  return {
    method,
    type: kind,
    upperThreshold: upper,
    chunks: its.map((chunk) => {
      const found = valued(chunk);
      return {
        start: chunk.start,
        end: chunk.end,
        value: Number.isNaN(found) ? null : found,
        alert: alerts
          ? chunk.values.names.length > 0 && alerts(chunk.values)
          : upper !== null && found > upper,
      };
    }),
  };
}

interface Chunk {
  start: number;
  end: number;
  values: PeerValues;
}

function chunksOf(column: PeerColumn, how: { size: number } | { number: number }): Chunk[] | undefined {
  const size = 'size' in how ? how.size : Math.floor(column.length / how.number);
  if (size < 1) return column.length === 0 ? [] : undefined;
  const found: Chunk[] = [];
  for (let start = 0; start < column.length; start += size) {
    const end = Math.min(column.length, start + size);
    found.push({ start, end, values: valuesOf(column.slice(start, end), { infinite: 'kept' }) });
  }
  return found;
}

function thresholdOf(values: readonly number[], most: number): number | null {
  const known = Float64Array.from(values.filter((value) => !Number.isNaN(value)));
  if (known.length === 0) return null;
  return Math.min(most, numpyMean(known) + numpyDeviation(known) * 3);
}

type Distance = (p: Float64Array, q: Float64Array) => number;

function jensenShannon(p: Float64Array, q: Float64Array): number {
  return scipyJensenShannon(p, q, 2);
}

function hellinger(p: Float64Array, q: Float64Array): number {
  return Math.sqrt(numpySum(p.map((one, i) => (Math.sqrt(one) - Math.sqrt(q[i]!)) ** 2))) / Math.SQRT2;
}

/** Doane's bins of the reference; what lies outside of them is one bin more, which is empty in the reference. */
function byBins(distance: Distance): Fit {
  return ({ numbers }) => {
    const edges = edgesBy('doane', numbers!, false);
    const own = shares(countBetween(numbers!, edges), numbers!.length);
    return {
      value: (chunk) => {
        const its = shares(countBetween(chunk.numbers!, edges), chunk.names.length);
        return distance(...withRest(own, its));
      },
    };
  };
}

/** The values of the reference, and one bin more for all others. */
function byValues(distance: Distance): Fit {
  return ({ names }) => {
    const { names: known, one } = valueCounts(names, []);
    const own = shares(one, names.length);
    const place = new Map(known.map((name, i) => [name, i]));
    return {
      value: (chunk) => {
        const counts = new Float64Array(known.length);
        for (const name of chunk.names) {
          const at = place.get(name);
          if (at !== undefined) counts[at]!++;
        }
        return distance(...withRest(own, shares(counts, chunk.names.length)));
      },
    };
  };
}

const shares = (counts: Float64Array, rows: number): Float64Array => counts.map((count) => count / rows);

function withRest(own: Float64Array, its: Float64Array): [Float64Array, Float64Array] {
  const rest = 1 - numpySum(its);
  return rest > 0 ? [Float64Array.of(...own, 0), Float64Array.of(...its, rest)] : [own, its];
}

const cumulated = (values: Float64Array): Float64Array => {
  let sum = 0;
  return values.map((value) => (sum += value));
};

function fitKolmogorovSmirnov({ numbers, names }: PeerValues): Fitted {
  const n = names.length;
  if (n < LARGE) {
    const own = sampleOf(numbers!);
    return { value: (chunk) => kolmogorovSmirnov(own, sampleOf(chunk.numbers!)).statistic!, most: 1 };
  }
  const { low, high } = extent(numbers!);
  const edges = linspace(low, high, BINS + 1);
  const own = cumulated(shares(countBetween(numbers!, edges), n));
  return {
    value: (chunk) => {
      const its = chunk.numbers!;
      const below = its.filter((value) => value < low).length / its.length;
      const f = cumulated(shares(countBetween(its, edges), its.length));
      return own.reduce((most, one, i) => Math.max(most, Math.abs(one - (below + f[i]!))), 0);
    },
    most: 1,
  };
}

function fitWasserstein({ numbers, names }: PeerValues): Fitted {
  const n = names.length;
  if (n < LARGE) {
    const own = sampleOf(numbers!);
    return {
      value: (chunk) => {
        const { value, infinite } = wasserstein(own, sampleOf(chunk.numbers!));
        return value === null || infinite > 0 ? NaN : value;
      },
    };
  }
  const { low, high } = extent(numbers!);
  const edges = low === high ? linspace(low - 0.5, high + 0.5, BINS + 1) : linspace(low, high, BINS + 1);
  const [from, to] = [edges[0]!, edges[BINS]!];
  const width = edges[1]! - from;
  const own = cumulated(shares(countBetween(numbers!, edges), n));
  return {
    value: (chunk) => {
      const its = chunk.numbers!;
      const left = beyond(
        its.filter((value) => value < from),
        from,
        its.length,
      );
      const right = beyond(
        its.filter((value) => value > to),
        to,
        its.length,
      );
      // One row more than there are lies to the left, as NumPy's sum of the reference's edge and them says.
      const f = cumulated(shares(countBetween(its, edges), its.length));
      const within = numpySum(own.map((one, i) => Math.abs(one - (f[i]! + left.share)) * width));
      return within + left.term + right.term;
    },
  };
}

/** The area between the values on one side of the reference and its edge: the edge is counted as one of them. */
function beyond(values: Float64Array, edge: number, rows: number): { term: number; share: number } {
  if (values.length === 0) return { term: 0, share: 0 };
  const share = (values.length + 1) / rows;
  const sorted = joined(values, Float64Array.of(edge)).sort();
  const left = sorted[0]! < edge;
  let term = 0;
  for (let i = 1; i < sorted.length; i++) {
    const under = i / sorted.length;
    term += (left ? under : 1 - under) * (sorted[i]! - sorted[i - 1]!);
  }
  return { term: term * share, share };
}

/** Pearson's test of homogeneity; with two values in all, with Yates' correction. */
function fitChiSquare({ names }: PeerValues): Fitted {
  const of = (chunk: PeerValues): { statistic: number; p: number } => {
    const { one, other } = valueCounts(names, chunk.names);
    const [n, m] = [names.length, chunk.names.length];
    const df = one.length - 1;
    if (df === 0) return { statistic: 0, p: 1 };
    let statistic = 0;
    for (const [counts, rows] of [
      [one, n],
      [other, m],
    ] as const)
      for (let i = 0; i < one.length; i++) {
        const expected = ((one[i]! + other[i]!) * rows) / (n + m);
        const off = Math.abs(counts[i]! - expected);
        statistic += (off - (df === 1 ? Math.min(0.5, off) : 0)) ** 2 / expected;
      }
    return { statistic, p: chiSquareTail(statistic, df) };
  };
  return { value: (chunk) => of(chunk).statistic, alerts: (chunk) => of(chunk).p < 0.05 };
}

function fitChebyshev({ names }: PeerValues): Fitted {
  return {
    value: (chunk) => {
      const { one, other } = valueCounts(names, chunk.names);
      return one.reduce(
        (most, count, i) => Math.max(most, Math.abs(count / names.length - other[i]! / chunk.names.length)),
        0,
      );
    },
  };
}
