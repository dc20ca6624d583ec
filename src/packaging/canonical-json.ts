/** One value, one text: keys sorted, two spaces, a line at the end. What people read, and what equal packages share byte for byte. */
export const canonicalJson = (value: unknown): Buffer =>
  Buffer.from(`${JSON.stringify(sorted(value), null, 2)}\n`);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
