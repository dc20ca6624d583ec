import type { TableProfile } from '../../../src/data/contract.ts';

/** Rows of all tables whose rows are known; undefined where none are. Pure. */
export function rowsOf(tables: readonly TableProfile[]): number | undefined {
  const known = tables.flatMap(({ rows }) => (rows === undefined ? [] : [rows]));
  return known.length === 0 ? undefined : known.reduce((sum, rows) => sum + rows, 0);
}

/** `'flights@v3'`, or `'flights@v3/may.parquet'` where the version holds several tables: how SQL calls it. */
export function sqlName(dataset: string, version: string, path: string | undefined, tables: number): string {
  return `'${dataset}@${version}${path !== undefined && tables > 1 ? `/${path}` : ''}'`;
}

/** A cell of a preview or of a query's answer. */
export function cellText(value: unknown): string {
  return value === null || value === undefined
    ? ''
    : typeof value === 'string'
      ? value
      : typeof value === 'number' || typeof value === 'boolean'
        ? Object.is(value, -0)
          ? '-0.0'
          : String(value)
        : JSON.stringify(value);
}
