import { commonDivisor, logGamma } from '../../platform/mathematics/index.ts';
import { eachValue, type Sample, type SampleTest } from './sample.ts';

/** Samples of at most so many values each have an exact p-value. */
const EXACT = 20;

/**
 * Two-sample Cramér–von Mises test with midranks: T = nm / N² · Σ (F − G)² over all values. Up to 20 values a side p is exact for samples
 * without ties; beyond, of the limiting distribution with T's own mean and variance (Anderson, 1962). Tails below 1e-15 are
 * 0. Equals `scipy.stats.cramervonmises_2samp`, which ends the series of that distribution at the first term below 1e-7 (`lastTerm`): far out its p is
 * that of what is left.
 */
export function cramerVonMises(
  reference: Sample,
  current: Sample,
  { lastTerm = 1e-18 }: { lastTerm?: number | undefined } = {},
): SampleTest {
  const [n, m] = [reference.sorted.length, current.sorted.length];
  const exact = Math.max(n, m) <= EXACT;
  const found = { name: 'cramer_von_mises', n, m, method: exact ? 'exact' : 'asymptotic' };
  if (n < 2 || m < 2) return { ...found, statistic: null, p: null };
  const u = sumOfSquares(reference.sorted, current.sorted);
  const all = n + m;
  const statistic = u / (n * m * all) - (4 * n * m - 1) / (6 * all);
  if (exact) return { ...found, statistic, p: exactTail(u, n, m) };
  const mean = (1 + 1 / all) / 6;
  const variance =
    ((all + 1) * (4 * n * m * all - 3 * (n * n + m * m) - 2 * n * m)) / (180 * all * all * n * m);
  const scaled = 1 / 6 + (statistic - mean) / Math.sqrt(45 * variance);
  return {
    ...found,
    statistic,
    p: scaled < 0.003 ? 1 : Math.min(1, Math.max(0, 1 - limit(scaled, lastTerm))),
  };
}

/** U = n Σ (r − i)² + m Σ (s − j)², r and s being the midranks of the sorted samples among all values. */
function sumOfSquares(x: Float64Array, y: Float64Array): number {
  let [below, under, ofX, ofY] = [0, 0, 0, 0];
  eachValue(x, y, (_value, inX, inY) => {
    const rank = below + under + (inX + inY + 1) / 2;
    for (let i = 1; i <= inX; i++) ofX += (rank - below - i) ** 2;
    for (let j = 1; j <= inY; j++) ofY += (rank - under - j) ** 2;
    below += inX;
    under += inY;
  });
  return x.length * ofX + y.length * ofY;
}

/**
 * The share of arrangements with as large a U. On its way through an arrangement the sum of squares of (a i − b j), a = lcm / n and
 * b = lcm / m, grows by one square a step (Xiao, Gordon and Yakovlev, 2006), so paths to a point are counted by their sum.
 */
function exactTail(u: number, n: number, m: number): number {
  const divisor = commonDivisor(n, m);
  const [a, b] = [m / divisor, n / divisor];
  // Whole numbers beyond 2^53 come up; halves of U, which midranks make, vanish in the rounding down.
  const scaled = BigInt(Math.round(24 * u)) - BigInt(4 * n * m * (4 * n * m - 1));
  const least = floorDivision(BigInt(a * n) ** 2n * BigInt(n + m) * scaled, 24n * BigInt(n * m) ** 2n);
  let row: Array<Map<number, number>> = [];
  for (let i = 0; i <= n; i++) {
    const next: Array<Map<number, number>> = [];
    for (let j = 0; j <= m; j++) {
      const step = (a * i - b * j) ** 2;
      const here = new Map<number, number>();
      if (i === 0 && j === 0) here.set(0, 1);
      for (const from of [i > 0 ? row[j]! : undefined, j > 0 ? next[j - 1]! : undefined])
        for (const [sum, paths] of from ?? []) here.set(sum + step, (here.get(sum + step) ?? 0) + paths);
      next.push(here);
    }
    row = next;
  }
  let [large, every] = [0, 0];
  for (const [sum, paths] of row[m]!) {
    every += paths;
    if (BigInt(sum) >= least) large += paths;
  }
  return large / every;
}

const floorDivision = (a: bigint, b: bigint): bigint => a / b - (a % b < 0n ? 1n : 0n);

/** P(W² ≤ x) of the limiting distribution: Σ Γ(k + ½) / k! · √(4k + 1) e^−q K¼(q) / (π^1.5 √x), q = (4k + 1)² / 16x (Csörgő and Faraway, 1996). */
function limit(x: number, lastTerm: number): number {
  let sum = 0;
  for (let k = 0; ; k++) {
    const root = 4 * k + 1;
    const q = root ** 2 / (16 * x);
    const weight = Math.exp(logGamma(k + 0.5) - logGamma(k + 1)) / (Math.PI ** 1.5 * Math.sqrt(x));
    const term = weight * Math.sqrt(root) * dampedBessel(q);
    sum += term;
    if (term < lastTerm) return sum;
  }
}

/**
 * e^−q K¼(q) = ∫₀^∞ exp(−q (1 + cosh t)) cosh(t / 4) dt (DLMF 10.32.9), by the trapezoid rule, whose error falls exponentially for an integrand
 * that does so twice over.
 */
function dampedBessel(q: number): number {
  const step = 1 / 16;
  let sum = Math.exp(-2 * q) / 2;
  for (let t = step; ; t += step) {
    const value = Math.exp(-q * (1 + Math.cosh(t))) * Math.cosh(t / 4);
    sum += value;
    if (value < sum * 1e-18 || sum === 0) return sum * step;
  }
}
