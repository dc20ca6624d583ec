import { betaLower } from './beta.ts';
import { gammaTails, poissonTerm } from './gamma.ts';

/** P(Z > z) of a standard normal Z; relative error about 1e-14, however far out. */
export function normalTail(z: number): number {
  const { lower, upper } = gammaTails(0.5, (z * z) / 2);
  return z >= 0 ? upper / 2 : 0.5 + lower / 2;
}

/** P(X > x) of a chi-square X with `df` degrees of freedom. Without any degree of freedom X is 0. */
export function chiSquareTail(x: number, df: number): number {
  if (df === 0) return x >= 0 ? Number(x === 0) : 1;
  return x <= 0 ? 1 : gammaTails(df / 2, x / 2).upper;
}

/**
 * P(X > x) of a non-central chi-square X: the mixture over j ~ Poisson(`shift` / 2) of chi-squares with df + 2j degrees of freedom.
 * Summed from the likeliest j outwards until nothing is added.
 */
export function shiftedChiSquareTail(x: number, df: number, shift: number): number {
  if (Number.isNaN(x) || Number.isNaN(shift)) return NaN;
  if (shift === 0) return chiSquareTail(x, df);
  if (x <= 0) return 1;
  const mean = shift / 2;
  const middle = Math.floor(mean);
  const part = (j: number): number => poissonTerm(j, mean) * chiSquareTail(x, df + 2 * j);
  let sum = part(middle);
  // Going up the chi-square tail grows towards 1: what is left is bounded by the Poisson terms, not by the last part.
  for (let j = middle + 1; poissonTerm(j, mean) > sum * 1e-17; j++) sum += part(j);
  for (let j = middle - 1, add = Infinity; j >= 0 && add > sum * 1e-17; j--) {
    add = part(j);
    sum += add;
  }
  return Math.min(1, sum);
}

/** P(X ≤ k) of a binomial X: `n` tries at chance `p`. */
export function binomialLower(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : betaLower(n - k, k + 1, 1 - p, p);
}

/** P(T > t) of Student's distribution. */
export function studentTail(t: number, df: number): number {
  if (!Number.isFinite(df)) return normalTail(t);
  const half = betaLower(df / 2, 0.5, df / (df + t * t)) / 2;
  return t >= 0 ? half : 1 - half;
}
