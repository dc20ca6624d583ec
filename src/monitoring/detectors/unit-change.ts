/** Another unit, as what it makes of a value: `times · x + plus`. */
interface Unit {
  words: string;
  times: number;
  plus?: number;
}

const UNITS: readonly Unit[] = [
  { words: 'kilometres for miles (× 1.609344)', times: 1.609344 },
  { words: 'miles for kilometres (÷ 1.609344)', times: 1 / 1.609344 },
  { words: 'metres for feet (× 0.3048)', times: 0.3048 },
  { words: 'feet for metres (÷ 0.3048)', times: 1 / 0.3048 },
  { words: 'centimetres for inches (× 2.54)', times: 2.54 },
  { words: 'inches for centimetres (÷ 2.54)', times: 1 / 2.54 },
  { words: 'pounds for kilograms (÷ 0.45359237)', times: 1 / 0.45359237 },
  { words: 'kilograms for pounds (× 0.45359237)', times: 0.45359237 },
  { words: 'minutes for hours (× 60)', times: 60 },
  { words: 'hours for minutes (÷ 60)', times: 1 / 60 },
  { words: 'a thousand times as large', times: 1000 },
  { words: 'a thousandth as large', times: 0.001 },
  { words: 'a hundred times as large', times: 100 },
  { words: 'a hundredth as large', times: 0.01 },
  { words: 'degrees Celsius for Fahrenheit', times: 1 / 1.8, plus: -32 / 1.8 },
  { words: 'degrees Fahrenheit for Celsius', times: 1.8, plus: 32 },
];

/**
 * Natural logarithms: so much more likely than whatever else was tried is a reading that is told, and by so much less it may be than the best reading that
 * is of its own kind and free.
 */
const CLEARLY = 10;
const NEARLY = 3;
/** With fewer values nothing is told. */
const FEW = 100;
const PARTS = [0.03, 0.05, 0.07, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const EDGES = 100;

export interface UnitChange {
  words: string;
  /** Of the values, so many are as in the other unit: from 0 to 1. */
  share: number;
}

type Cdf = (x: number) => number;

/**
 * Whether values look like those of the reference in another unit, all of them or a part. `quantiles` are those of the reference, evenly spaced, the least and the
 * greatest included.
 *
 * It is told only where it explains the values clearly better than what else happens to columns: the whole moved and stretched in whatever way, or a part of
 * it moved; and only where no other factor does much better. Prices that rise by a tenth look much like a fifth of them in another unit, and then
 * nothing is told.
 */
export function unitChange(quantiles: readonly number[], values: Float64Array): UnitChange | undefined {
  const sorted = values.filter(Number.isFinite).sort();
  const [low, high] = [quantiles[0], quantiles.at(-1)];
  if (sorted.length < FEW || low === undefined || high === undefined || !(high > low)) return undefined;
  const cdf = cdfOf(quantiles);
  // Without the outermost: how far the last rows reach is chance.
  const edges = edgesOf([...thinned(quantiles), ...thinned(sorted)]);
  const counts = countsOf(edges, sorted);
  const whole = (of: Cdf): number => logOf(counts, sharesOf(edges, of));
  const same = sharesOf(edges, cdf);
  const parts = (of: Cdf): Array<{ share: number; log: number }> => {
    const other = sharesOf(edges, of);
    return PARTS.map((share) => ({ share, log: logOf(counts, mixed(same, other, share)) }));
  };
  const still = logOf(counts, same);
  const best = UNITS.map((unit) => {
    const { times, plus = 0 } = unit;
    const of: Cdf = (x) => cdf((x - plus) / times);
    const all = { share: 1, log: whole(of) };
    const part = highest(parts(of));
    // A part says more than all of it does, and has to be worth it.
    return { unit, times, of, ...(part.log > all.log + CLEARLY ? part : all) };
  }).reduce((most, one) => (one.log > most.log ? one : most));
  const noise = Math.max(1, misfit(counts, mixed(same, sharesOf(edges, best.of), best.share)));
  if (best.log < still + CLEARLY * noise) return undefined;
  const stretched = stretchedAs(quantiles, sorted, cdf).reduce(
    (most, of) => Math.max(most, whole(of)),
    still,
  );
  if (best.share === 1)
    return best.log < stretched - CLEARLY * noise ? undefined : { words: best.unit.words, share: 1 };
  const width = spanOf(quantiles);
  let moved = stretched;
  for (let step = -12; step <= 12; step++)
    if (step !== 0) moved = Math.max(moved, highest(parts((x) => cdf(x - (step / 4) * width))).log);
  let free = -Infinity;
  for (let step = -80; step <= 80; step++)
    free = Math.max(free, highest(parts((x) => cdf(x / (best.times * 1.02 ** step)))).log);
  if (best.log < moved + CLEARLY * noise || best.log < free - NEARLY * noise) return undefined;
  return { words: best.unit.words, share: best.share };
}

const highest = <T extends { log: number }>(of: readonly T[]): T =>
  of.reduce((most, one) => (one.log > most.log ? one : most));

const mixed = (a: Float64Array, b: Float64Array, share: number): Float64Array =>
  a.map((one, i) => (1 - share) * one + share * b[i]!);

const at = (of: ArrayLike<number>, share: number): number => of[Math.round(share * (of.length - 1))]!;

const thinned = (of: ArrayLike<number>): number[] =>
  Array.from({ length: EDGES - 1 }, (_one, i) => at(of, (i + 1) / EDGES));

/** The middle two thirds, halved: of a normal column one standard deviation. */
const spanOf = (of: ArrayLike<number>): number =>
  (at(of, 0.84) - at(of, 0.16)) / 2 || (at(of, 1) - at(of, 0)) / 4;

/** The reference moved and stretched as a whole: about its middle, and by a factor from nothing, as prices rise. */
function* stretchedAs(quantiles: readonly number[], sorted: Float64Array, cdf: Cdf): Generator<Cdf> {
  const width = spanOf(quantiles);
  const middle = at(quantiles, 0.5);
  const ratio = spanOf(sorted) / width || 1;
  for (let i = -8; i <= 8; i++)
    for (let j = -8; j <= 8; j++) {
      const times = ratio * 1.05 ** i;
      const centre = at(sorted, 0.5) + (j / 20) * width * Math.max(1, ratio);
      yield (x) => cdf(middle + (x - centre) / times);
    }
  for (let i = -40; i <= 40; i++) yield (x) => cdf(x / 1.03 ** i);
}

/** Chi-square per degree of freedom: beyond 1 a column has more structure than its quantiles tell, and likelihoods say too much. */
function misfit(counts: Float64Array, shares: Float64Array): number {
  const rows = counts.reduce((sum, one) => sum + one, 0);
  let [sum, cells, count, expected] = [0, 0, 0, 0];
  for (let bin = 0; bin < counts.length; bin++) {
    count += counts[bin]!;
    expected += rows * shares[bin]!;
    if (expected < 5) continue;
    sum += (count - expected) ** 2 / expected;
    cells++;
    [count, expected] = [0, 0];
  }
  return cells > 1 ? sum / (cells - 1) : 1;
}

/** The share of the reference at or below a value, even within a step of its quantiles. */
function cdfOf(quantiles: readonly number[]): Cdf {
  const last = quantiles.length - 1;
  return (x) => {
    if (x < quantiles[0]!) return 0;
    if (x >= quantiles[last]!) return 1;
    let [low, high] = [0, last];
    while (high - low > 1) {
      const between = (low + high) >>> 1;
      if (quantiles[between]! <= x) low = between;
      else high = between;
    }
    return (low + (x - quantiles[low]!) / (quantiles[high]! - quantiles[low]!)) / last;
  };
}

const edgesOf = (values: readonly number[]): Float64Array => Float64Array.from(new Set(values)).sort();

/** Values in (−∞, e₀], (e₀, e₁] … (eₖ, ∞). */
function countsOf(edges: Float64Array, sorted: Float64Array): Float64Array {
  const counts = new Float64Array(edges.length + 1);
  let bin = 0;
  for (const value of sorted) {
    while (bin < edges.length && value > edges[bin]!) bin++;
    counts[bin]!++;
  }
  return counts;
}

function sharesOf(edges: Float64Array, cdf: Cdf): Float64Array {
  const shares = new Float64Array(edges.length + 1);
  let before = 0;
  for (let bin = 0; bin <= edges.length; bin++) {
    const upTo = bin < edges.length ? cdf(edges[bin]!) : 1;
    shares[bin] = Math.max(0, upTo - before);
    before = upTo;
  }
  return shares;
}

/** Share of all rows that no reading gives: what came must have come from somewhere. */
const LEAST = 1e-3;

function logOf(counts: Float64Array, shares: Float64Array): number {
  let log = 0;
  for (let bin = 0; bin < counts.length; bin++)
    if (counts[bin]! > 0)
      log += counts[bin]! * Math.log((shares[bin]! + LEAST / counts.length) / (1 + LEAST));
  return log;
}
