/** The middle of the values; of an even number of them, halfway between the two in the middle. Undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half];
  return upper === undefined || sorted.length % 2 === 1 ? upper : (sorted[half - 1]! + upper) / 2;
}
