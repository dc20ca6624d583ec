import { commonDivisor } from '../../platform/mathematics/index.ts';
import { kolmogorovTail } from './kolmogorov.ts';
import { eachValue, type Sample, type SampleTest } from './sample.ts';

/** Largest sample whose p-value is exact. */
const EXACT = 10_000;

/**
 * Two-sample Kolmogorov–Smirnov test, two-sided: D = max |F − G| of the empirical distribution functions, from 0 to 1. p is exact up to 10,000 values
 * a side, by counting paths of the lattice; beyond, that of one sample of nm / (n + m) values. Ties make p larger than it is: for columns of few values
 * test their counts (`chiSquare`). An exact p of 10,000 beside 9,999 values takes some 10⁸ steps: not on a server's event loop. Equals
 * `scipy.stats.ks_2samp` with its default method.
 */
export function kolmogorovSmirnov(
  reference: Sample,
  current: Sample,
  { method }: { method?: 'exact' | 'asymptotic' | undefined } = {},
): SampleTest {
  const [x, y] = [reference.sorted, current.sorted];
  const [n, m] = [x.length, y.length];
  const exact = method ? method === 'exact' : Math.max(n, m) <= EXACT;
  const found = { name: 'kolmogorov_smirnov', n, m, method: exact ? 'exact' : 'asymptotic' };
  if (n === 0 || m === 0) return { ...found, statistic: null, p: null };
  const steps = largestStep(x, y);
  const statistic = steps / (n * m);
  if (exact) return { ...found, statistic, p: exactTail(n, m, steps) };
  return { ...found, statistic, p: kolmogorovTail(halfToEven((n * m) / (n + m)), statistic) };
}

/** D · n · m, which is a whole number. */
function largestStep(x: Float64Array, y: Float64Array): number {
  let [step, largest] = [0, 0];
  eachValue(x, y, (_value, inX, inY) => {
    step += inX * y.length - inY * x.length;
    largest = Math.max(largest, Math.abs(step));
  });
  return largest;
}

/**
 * The share of lattice paths from (0, 0) to (n, m) that come as far from the diagonal: of those to a point it is the mean of the shares
 * of its two predecessors, weighted by how many paths come from each. Only shares are added, so small ones keep their digits.
 */
function exactTail(n: number, m: number, steps: number): number {
  if (steps === 0) return 1;
  const common = commonDivisor(n, m);
  const [right, up, far] = [m / common, n / common, steps / common];
  if (n === m) return outsideSquare(n, far);
  const share = new Float64Array(m + 1).fill(1);
  for (let i = 0; i <= n; i++) {
    const middle = i * right;
    const first = Math.max(0, Math.floor((middle - far) / up) + 1);
    const last = Math.min(m, Math.ceil((middle + far) / up) - 1);
    // Outside of the band all paths have been outside.
    let left = first === 0 ? 0 : 1;
    for (let j = first; j <= last; j++) {
      left = i + j === 0 ? 0 : (share[j]! * i + left * j) / (i + j);
      share[j] = left;
    }
  }
  // The end lies on the diagonal, inside any band.
  return share[m]!;
}

/** The same for equal sizes: 2 Σ (−1)^(k − 1) C(2n, n − k h) / C(2n, n), k ≥ 1 (Gnedenko and Korolyuk, 1951), from the innermost factor out. */
function outsideSquare(n: number, h: number): number {
  let inner = 0;
  for (let k = Math.floor(n / h); k >= 1; k--) {
    let ratio = 1;
    for (let j = 0; j < h; j++) ratio *= (n - (k - 1) * h - j) / (n + (k - 1) * h + j + 1);
    inner = ratio * (1 - inner);
  }
  return Math.min(1, 2 * inner);
}

/** To the nearest whole number, of two equally near ones to the even one. */
function halfToEven(value: number): number {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}
