/**
 * Whether two numbers are one number printed twice: equal; equal in single precision where one of them was that; or one of
 * them the other with fewer digits, down to six significant ones or six decimals. Two whole numbers are the same only when
 * they are equal: an id is no measurement.
 */
export function sameNumber(a: number, b: number): boolean {
  if (a === b) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (Number.isInteger(a) && Number.isInteger(b)) return false;
  const distance = Math.abs(a - b);
  return distance <= reach(a) || distance <= reach(b) || sameSingle(a, b);
}

/** Half a unit of the last digit that a printing kept; trailing zeros say nothing, so at least six count. */
function reach(x: number): number {
  if (x === 0) return 0.5e-6;
  const { digits, exponent } = digitsOf(x);
  const significant = 0.5 * 10 ** (exponent - Math.max(6, digits) + 1);
  const decimals = 0.5 * 10 ** -Math.max(6, digits - 1 - exponent);
  // A last digit near the end of a double's own precision is rounded once more.
  return Math.max(significant, decimals) * (1 + 1e-6) + Math.abs(x) * Number.EPSILON;
}

function sameSingle(a: number, b: number): boolean {
  const single = Math.fround(a);
  if (single !== Math.fround(b)) return false;
  if (single === a || single === b) return true;
  const [fewer, more] = [digitsOf(a).digits, digitsOf(b).digits].toSorted((x, y) => x - y);
  // Nine digits are what it takes to print a single; a number of so many that came from a double has more.
  return more! > 9 && (fewer === 8 || fewer === 9);
}

/** Significant digits of the shortest decimal, and the power of ten of the first. */
function digitsOf(x: number): { digits: number; exponent: number } {
  const [mantissa, exponent] = Math.abs(x).toExponential().split('e');
  return { digits: mantissa!.replace('.', '').length, exponent: Number(exponent) };
}
