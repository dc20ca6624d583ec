import { binomialTerm, logGamma } from '../../platform/mathematics/index.ts';

/**
 * P(D ≥ d) of the one-sample two-sided Kolmogorov statistic of n values, 0 ≤ d ≤ 1: each part of the plane has the method that Simard and
 * L'Ecuyer (2011) choose for it. Absolute error below 1e-9, beyond a million
 * values below 1e-7.
 */
export function kolmogorovTail(n: number, d: number): number {
  if (d >= 1) return 0;
  const t = n * d;
  if (t <= 0.5) return 1;
  // Ruben and Gambino (1982): both ends are polynomials.
  if (t <= 1) return 1 - Math.exp(logGamma(n + 1) - n * Math.log(n) + n * Math.log(2 * t - 1));
  if (t >= n - 1) return 2 * (1 - d) ** n;
  const square = t * d;
  // Far out both sides are hardly ever exceeded at once.
  if (d >= 0.5 || square >= (n <= 140 ? 4 : 2.2)) return Math.min(1, 2 * oneSidedTail(n, d));
  const low = n <= 140 || (n <= 100_000 && n * d ** 1.5 <= 1.4) ? durbin(n, d) : pelzGood(n, d);
  return Math.min(1, Math.max(0, 1 - low));
}

/** P(D⁺ ≥ d) by the sum of Birnbaum and Tingey (1951); with very many values by its limit, whose relative error is of order 1 / n. */
function oneSidedTail(n: number, d: number): number {
  if (n > 1_000_000) return Math.exp(-((6 * n * d + 1) ** 2) / (18 * n));
  let sum = 0;
  for (let j = 0; j < n * (1 - d); j++) {
    const at = d + j / n;
    sum += at < 1 ? binomialTerm(j, n, at) / at : 0;
  }
  return d * sum;
}

/**
 * P(D < d) as an element of the n-th power of a matrix (Durbin, 1973, in the form of Marsaglia, Tsang and Wang, 2003), times n! / nⁿ. Powers of ten are
 * kept apart, since the elements outgrow doubles.
 */
function durbin(n: number, d: number): number {
  const k = Math.ceil(n * d);
  const size = 2 * k - 1;
  const h = k - n * d;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) if (i - j + 1 >= 0) matrix[i * size + j] = 1;
  for (let i = 0; i < size; i++) {
    matrix[i * size]! -= h ** (i + 1);
    matrix[(size - 1) * size + i]! -= h ** (size - i);
  }
  if (2 * h > 1) matrix[(size - 1) * size]! += (2 * h - 1) ** size;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const order = i - j + 1;
      for (let g = 2; g <= order; g++) matrix[i * size + j]! /= g;
    }
  const { value, exponent } = powerElement(matrix, size, n, k - 1);
  return value * Math.exp(exponent * Math.LN10 + logGamma(n + 1) - n * Math.log(n));
}

/** Element (at, at) of matrix^n as value · 10^exponent: a row is multiplied by the squares that n's binary digits ask for. */
function powerElement(
  matrix: Float64Array,
  size: number,
  n: number,
  at: number,
): { value: number; exponent: number } {
  let row = new Float64Array(size);
  row[at] = 1;
  let square = matrix;
  let [rowExponent, squareExponent] = [0, 0];
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      row = product(row, square, 1, size);
      rowExponent += squareExponent + shrink(row);
    }
    if (left > 1) {
      square = product(square, square, size, size);
      squareExponent = 2 * squareExponent + shrink(square);
    }
  }
  return { value: row[at]!, exponent: rowExponent };
}

function product(a: Float64Array, b: Float64Array, rows: number, size: number): Float64Array<ArrayBuffer> {
  const found = new Float64Array(rows * size);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k]!;
      if (factor !== 0) for (let j = 0; j < size; j++) found[i * size + j]! += factor * b[k * size + j]!;
    }
  return found;
}

/** Divides by a power of ten where the elements have grown, and says which. */
function shrink(elements: Float64Array): number {
  if (elements.reduce((most, one) => Math.max(most, Math.abs(one)), 0) < 1e100) return 0;
  for (let i = 0; i < elements.length; i++) elements[i]! /= 1e100;
  return 100;
}

/**
 * P(D < d) for many values: the limiting distribution with three corrections in powers of 1 / √n (Pelz and Good, 1976), as sums that
 * converge where z = d √n is small.
 */
function pelzGood(n: number, d: number): number {
  const z = d * Math.sqrt(n);
  const [z2, z4, z6, z8] = [z ** 2, z ** 4, z ** 6, z ** 8];
  const pi2 = Math.PI ** 2;
  const [pi4, pi6] = [pi2 ** 2, pi2 ** 3];
  const sums = [0, 0, 0, 0] as [number, number, number, number];
  // Over half-integers in both directions, which are equal.
  for (let k = 0; ; k++) {
    const h2 = (k + 0.5) ** 2;
    const weight = 2 * Math.exp((-pi2 * h2) / (2 * z2));
    if (weight < 1e-30) break;
    const [h4, h6] = [h2 ** 2, h2 ** 3];
    sums[0] += weight;
    sums[1] += weight * (pi2 * h2 - z2);
    sums[2] += weight * (6 * z6 + 2 * z4 + pi2 * (2 * z4 - 5 * z2) * h2 + pi4 * (1 - 2 * z2) * h4);
    sums[3] +=
      weight *
      (pi6 * h6 * (5 - 30 * z2) +
        pi4 * h4 * (-60 * z2 + 212 * z4) +
        pi2 * h2 * (135 * z4 - 96 * z6) -
        30 * z6 -
        90 * z8);
  }
  let [second, third] = [0, 0];
  for (let k = 1; ; k++) {
    const weight = 2 * Math.exp((-pi2 * k * k) / (2 * z2));
    if (weight < 1e-30) break;
    second += weight * pi2 * k * k;
    third += weight * (3 * pi2 * k * k * z2 - pi4 * k ** 4);
  }
  const root = Math.sqrt(Math.PI / 2);
  const terms = [
    (root * sums[0]) / z,
    (root * sums[1]) / (6 * z4),
    root * (sums[2] / (72 * z ** 7) - second / (36 * z ** 3)),
    root * (sums[3] / (6480 * z ** 10) + third / (216 * z6)),
  ] as const;
  return terms[0] + terms[1] / Math.sqrt(n) + terms[2] / n + terms[3] / n ** 1.5;
}
