import { normalTail } from '../../platform/mathematics/index.ts';
import { eachValue, type Alternative, type Sample, type SampleTest } from './sample.ts';

/** A side of at most so many values, without ties, has an exact p-value. */
const EXACT = 8;

/**
 * Mann–Whitney's U of the reference: the number of pairs where the reference is larger, ties as half. p is exact where a side has at most 8
 * values and there are no ties, else normal with corrections for ties and continuity. It sees a shift, not a change of width. Equals
 * `scipy.stats.mannwhitneyu`.
 */
export function mannWhitney(
  reference: Sample,
  current: Sample,
  { alternative = 'two-sided' }: { alternative?: Alternative | undefined } = {},
): SampleTest {
  const [n, m] = [reference.sorted.length, current.sorted.length];
  const found = { name: 'mann_whitney', n, m };
  if (n === 0 || m === 0) return { ...found, method: 'none', statistic: null, p: null };
  let [statistic, below, ties] = [0, 0, 0];
  eachValue(reference.sorted, current.sorted, (_value, inX, inY) => {
    statistic += inX * (below + inY / 2);
    below += inY;
    const tied = inX + inY;
    ties += tied ** 3 - tied;
  });
  const other = n * m - statistic;
  const u =
    alternative === 'greater' ? statistic : alternative === 'less' ? other : Math.max(statistic, other);
  const sides = alternative === 'two-sided' ? 2 : 1;
  const exact = ties === 0 && Math.min(n, m) <= EXACT;
  const tail = exact ? exactTail(u, n, m) : limitTail(u, n, m, ties);
  return { ...found, method: exact ? 'exact' : 'normal', statistic, p: Math.min(1, sides * tail) };
}

function limitTail(u: number, n: number, m: number, ties: number): number {
  const all = n + m;
  const deviation = Math.sqrt(((n * m) / 12) * (all + 1 - ties / (all * (all - 1))));
  const off = u - (n * m) / 2 - 0.5;
  // All values are equal: nothing is off, and U stands half a step below its middle.
  return deviation === 0 ? 1 : normalTail(off / deviation);
}

/** P(U ≥ u) from the number of arrangements of each U, the coefficients of the Gaussian binomial. The distribution is symmetric. */
function exactTail(u: number, n: number, m: number): number {
  const top = n * m;
  const upper = u * 2 > top;
  const shares = sharesOfU(Math.min(n, m), Math.max(n, m), upper ? top - u : u - 1);
  const sum = shares.reduce((all, one) => all + one, 0);
  return upper ? sum : 1 - sum;
}

/** Shares of U from 0 to `most`: each factor (1 − q^(large + i)) / (1 − q^i) leaves a distribution again. */
function sharesOfU(small: number, large: number, most: number): Float64Array {
  const found = new Float64Array(Math.max(0, most + 1));
  if (most >= 0) found[0] = 1;
  for (let i = 1; i <= small; i++) {
    for (let u = i; u <= most; u++) found[u]! += found[u - i]!;
    for (let u = most; u >= large + i; u--) found[u]! -= found[u - large - i]!;
    const arrangements = (large + i) / i;
    for (let u = 0; u <= most; u++) found[u]! /= arrangements;
  }
  return found;
}
