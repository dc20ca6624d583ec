import { deviance, stirlingError } from './gamma.ts';

/** The binomial probability of k among n at chance p, for any real 0 ≤ k ≤ n (C. Loader, 2000); relative error about 1e-14. */
export function binomialTerm(k: number, n: number, p: number): number {
  const q = 1 - p;
  if (k < 0 || k > n) return 0;
  if (p === 0) return k === 0 ? 1 : 0;
  if (q === 0) return k === n ? 1 : 0;
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (k === n) return Math.exp(n * Math.log(p));
  const rest = n - k;
  const exponent =
    stirlingError(n) - stirlingError(k) - stirlingError(rest) - deviance(k, n * p) - deviance(rest, n * q);
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * k * rest));
}

/**
 * The regularised incomplete beta function I_x(a, b) of a, b > 0, by its continued fraction (DLMF 8.17.22), turned round where
 * that converges faster. `rest` is 1 − x: who knows it better than it can be subtracted gives it.
 */
export function betaLower(a: number, b: number, x: number, rest = 1 - x): number {
  if (!(x > 0)) return x <= 0 ? 0 : NaN;
  if (rest <= 0) return 1;
  return x < (a + 1) / (a + b + 2) ? part(a, b, x) : 1 - part(b, a, rest);
}

function part(a: number, b: number, x: number): number {
  return (binomialTerm(a, a + b, x) * b * fraction(a, b, x)) / (a + b);
}

/** By Lentz's method. */
function fraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const away = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let found = d;
  for (let m = 1; ; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    found *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    found *= d * c;
    if (Math.abs(d * c - 1) < 1e-16 || m > 1e7) return found;
  }
}
