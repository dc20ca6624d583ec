/** The middle of values in ascending order; of an even number of them, halfway between the two in the middle. There is at least one. */
export function medianOf(sorted: ArrayLike<number>): number {
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
