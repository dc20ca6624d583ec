import { createHash } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Column } from '../data/relations.ts';
import { readOne } from '../../tables/inside.ts';
import { keyOf, prepared, rowKeys } from './canonical.ts';
import { byName } from './pairs.ts';

export interface RowsDigest {
  rows: number;
  columns: string[];
  sums: string[];
}

/** Sums over the rows' keys: the same whatever the order of rows or columns, different when a row is there once more. */
export function digestOf(
  connection: DuckDBConnection,
  columns: readonly Column[],
  from: string,
): Promise<RowsDigest> {
  const sorted = byName(columns);
  const keys = sorted.map((column, i) => `${keyOf(column)} as k${i}`);
  return digestOfKeys(connection, columns, `(select ${keys.join(', ')} from ${prepared(sorted, from)})`);
}

/** The same from the keys `k0`, `k1` … of the columns in the order of their names. */
export function digestOfKeys(
  connection: DuckDBConnection,
  columns: readonly Column[],
  from: string,
): Promise<RowsDigest> {
  const { h1, h2 } = rowKeys(columns.map((_, i) => `k${i}`));
  return sumsOf(connection, columns, `(select ${h1} as d1, ${h2} as d2 from ${from})`);
}

/** The same from the rows' own keys `d1` and `d2`. */
export async function sumsOf(
  connection: DuckDBConnection,
  columns: readonly Column[],
  from: string,
): Promise<RowsDigest> {
  const [rows, ...sums] = await readOne(
    connection,
    `select count(*), coalesce(sum(hash(d1)), 0)::varchar, coalesce(sum(hash(d2)), 0)::varchar from ${from}`,
  );
  return { rows: Number(rows), columns: byName(columns).map(({ name }) => name), sums: sums.map(String) };
}

/** Version 1 of the canonical values and of DuckDB's hash: a change of either needs another number here. */
export function joinDigests(digests: readonly RowsDigest[]): string {
  const groups = new Map<string, { rows: number; sums: bigint[] }>();
  for (const { columns, rows, sums } of digests) {
    const key = JSON.stringify(columns);
    const held = groups.get(key) ?? { rows: 0, sums: [0n, 0n] };
    groups.set(key, {
      rows: held.rows + rows,
      sums: held.sums.map((sum, i) => sum + BigInt(sums[i] ?? 0)),
    });
  }
  const text = [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([columns, { rows, sums }]) => `${columns} ${rows} ${sums.join(' ')}`)
    .join('\n');
  return `rows1:${createHash('sha256').update(text).digest('hex')}`;
}
