const HALF_LOG_TWO_PI = 0.9189385332046728;
/** Coefficients B(2k) / (2k (2k − 1)) of Stirling's series. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156] as const;
/** From here on the series above is exact to double precision. */
const FAR = 15;

function stirlingSeries(x: number): number {
  const inverse = 1 / x;
  const square = inverse * inverse;
  let sum = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) sum = sum * square + STIRLING[k]!;
  return sum * inverse;
}

/** ln Γ(x) of x > 0, by Stirling's series after a shift upwards; absolute error about 1e-14. */
export function logGamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Infinity : NaN;
  if (x === Infinity) return Infinity;
  let product = 1;
  let at = x;
  while (at < FAR) product *= at++;
  return (at - 0.5) * Math.log(at) - at + HALF_LOG_TWO_PI + stirlingSeries(at) - Math.log(product);
}

/** What Stirling's formula leaves of ln Γ(n + 1). */
export function stirlingError(n: number): number {
  if (n >= FAR) return stirlingSeries(n);
  return logGamma(n + 1) - (HALF_LOG_TWO_PI + (n + 0.5) * Math.log(n) - n);
}

/** k ln(k / mean) + mean − k, without the cancellation where both are nearly equal (C. Loader, 2000). */
export function deviance(k: number, mean: number): number {
  if (Math.abs(k - mean) >= 0.1 * (k + mean)) return k * Math.log(k / mean) + mean - k;
  const v = (k - mean) / (k + mean);
  let sum = (k - mean) * v;
  let power = 2 * k * v;
  for (let j = 3; ; j += 2) {
    power *= v * v;
    const next = sum + power / j;
    if (next === sum) return sum;
    sum = next;
  }
}

/**
 * The Poisson probability e^−mean · mean^k / Γ(k + 1), for any real k ≥ 0; relative error about 1e-14 also where k is large, by
 * Loader's saddle-point form (2000).
 */
export function poissonTerm(k: number, mean: number): number {
  if (mean === 0) return k === 0 ? 1 : 0;
  if (k === 0) return Math.exp(-mean);
  if (mean === Infinity || k === Infinity) return 0;
  return Math.exp(-stirlingError(k) - deviance(k, mean)) / Math.sqrt(2 * Math.PI * k);
}

/** The two regularised incomplete gamma functions, P(a, x) and Q(a, x) = 1 − P(a, x): the smaller has no cancellation. */
export interface GammaTails {
  lower: number;
  upper: number;
}

/** P and Q of a > 0, x ≥ 0: the series below a + 1, the continued fraction above (DLMF 8.7.1 and 8.9.2). */
export function gammaTails(a: number, x: number): GammaTails {
  if (!(a > 0) || !(x >= 0)) return { lower: NaN, upper: NaN };
  if (x === 0) return { lower: 0, upper: 1 };
  if (x === Infinity) return { lower: 1, upper: 0 };
  const term = poissonTerm(a, x);
  if (x < a + 1) {
    let add = 1;
    let sum = 1;
    for (let n = 1; add > sum * 1e-17; n++) {
      add *= x / (a + n);
      sum += add;
    }
    const lower = Math.min(1, term * sum);
    return { lower, upper: 1 - lower };
  }
  const upper = Math.min(1, term * a * upperFraction(a, x));
  return { lower: 1 - upper, upper };
}

/** By Lentz's method. */
function upperFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; ; i++) {
    const factor = -i * (i - a);
    b += 2;
    d = factor * d + b;
    if (Math.abs(d) < tiny) d = tiny;
    c = b + factor / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-16 || i > 1e7) return fraction;
  }
}
