export const count = (rows: number): string => `${rows.toLocaleString('en')} row${rows === 1 ? '' : 's'}`;

/** Five digits, and no exponent where people do not expect one. */
export function say(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-4)
    return String(Number(value.toPrecision(3)).toExponential()).replace('e+', 'e');
  return String(Number(value.toPrecision(size >= 1e5 ? 15 : 4)));
}
