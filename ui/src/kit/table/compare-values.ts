/** Numbers by size, everything else as people order words (`run-9` before `run-10`); NaN after all numbers. Pure. */
const words = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a - b;
  }
  if (typeof a === 'number' || typeof b === 'number') return typeof a === 'number' ? -1 : 1;
  return words.compare(String(a), String(b));
}
