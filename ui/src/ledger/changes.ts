/** What two states of a thing differ in, field by field. Pure. */

export interface Change {
  /** `rules.auc`, `files[2]`; empty where the states are not objects. */
  path: string;
  kind: 'added' | 'removed' | 'changed' | 'same';
  before?: unknown;
  after?: unknown;
}

/** Fields in the order of the newer state, then those that are gone. Arrays are compared as wholes unless they hold objects. */
export function changesBetween(before: unknown, after: unknown): Change[] {
  const old = new Map(flat(before));
  const now = new Map(flat(after));
  const rows: Change[] = [];
  for (const [path, value] of now) {
    if (!old.has(path)) rows.push({ path, kind: 'added', after: value });
    else
      rows.push({
        path,
        kind: JSON.stringify(old.get(path)) === JSON.stringify(value) ? 'same' : 'changed',
        before: old.get(path),
        after: value,
      });
  }
  for (const [path, value] of old) if (!now.has(path)) rows.push({ path, kind: 'removed', before: value });
  return rows;
}

function flat(value: unknown, path = ''): [string, unknown][] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [[path, value]];
  if (Array.isArray(value)) {
    if (value.length === 0 || !value.every((item) => typeof item === 'object' && item !== null))
      return [[path, value]];
    return value.flatMap((item: unknown, i) => flat(item, `${path}[${i}]`));
  }
  const entries = Object.entries(value);
  // Of a thing that has nothing yet there is nothing to say.
  if (entries.length === 0) return path === '' ? [] : [[path, value]];
  return entries.flatMap(([key, item]: [string, unknown]) =>
    flat(item, path === '' ? key : `${path}.${key}`),
  );
}

/** A value as a cell shows it. */
export function shown(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}
