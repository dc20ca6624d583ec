import { invalid } from '../platform/errors/index.ts';

/**
 * Canonical JSON after RFC 8785: keys sorted by UTF-16 units, no white space, numbers and strings as ECMAScript writes
 * them. One value, one text, on every machine. Refuses what JSON cannot say rather than dropping it.
 */
export function canonical(value: unknown, field = 'value'): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw invalid(`${field} is ${value}, which JSON cannot hold`, { field });
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed())
      throw invalid(`${field} holds half of a surrogate pair, which UTF-8 cannot hold`, { field });
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item, i) => canonical(item, `${field}[${i}]`)).join(',')}]`;
  if (
    typeof value === 'object' &&
    (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
  ) {
    const parts: string[] = [];
    // The default order of sort is that of UTF-16 units, as the RFC wants it.
    for (const [key, item] of Object.entries(value as Record<string, unknown>).toSorted(([a], [b]) =>
      a < b ? -1 : 1,
    )) {
      if (item !== undefined) parts.push(`${canonical(key, field)}:${canonical(item, `${field}.${key}`)}`);
    }
    return `{${parts.join(',')}}`;
  }
  throw invalid(`${field} is a ${typeof value} that JSON cannot hold`, { field });
}
