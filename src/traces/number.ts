let last = 0;

/**
 * The number of a trace that comes now: greater than any before it, and a whole number that JavaScript counts exactly. Milliseconds
 * with twelve bits below them, which start anywhere, so that a clock that was set back hardly meets what it gave before.
 */
export function nextNumber(now: number): number {
  const first = now * 4096 + Math.floor(Math.random() * 1024);
  last = first > last ? first : last + 1;
  return last;
}
