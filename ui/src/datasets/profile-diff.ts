import type { ColumnProfile, TableProfile } from '../../../src/data/contract.ts';
import { commonEdges, distance, rebin, topDistance } from './distribution.ts';

export interface ColumnDiff {
  name: string;
  status: 'added' | 'removed' | 'changed' | 'same';
  a?: ColumnProfile;
  b?: ColumnProfile;
  /** What changed, in words. */
  notes: string[];
  /** How far the distributions are apart, 0 to 1, where both have one. */
  distance?: number;
}

export interface TableDiff {
  path: string;
  status: 'added' | 'removed' | 'both';
  a?: TableProfile;
  b?: TableProfile;
  columns: ColumnDiff[];
}

/** How the tables of two versions differ in what is in them. Tables are the same by path; one that was renamed alone is found by place. Pure. */
export function diffProfiles(a: readonly TableProfile[], b: readonly TableProfile[]): TableDiff[] {
  const old = new Map(a.map((table) => [table.path, table]));
  const pairs: [TableProfile | undefined, TableProfile | undefined][] = b.map((table) => [
    old.get(table.path),
    table,
  ]);
  const gone = a.filter(({ path }) => !b.some((table) => table.path === path));
  const fresh = pairs.filter(([before]) => before === undefined);
  // `2001-01.parquet` became `2001-02.parquet`: one table on each side is one table.
  if (gone.length === 1 && fresh.length === 1) fresh[0]![0] = gone[0];
  else pairs.push(...gone.map((table): [TableProfile, undefined] => [table, undefined]));
  return pairs.map(([before, after]) => ({
    path: after?.path ?? before!.path,
    status: !before ? 'added' : !after ? 'removed' : 'both',
    ...(before ? { a: before } : {}),
    ...(after ? { b: after } : {}),
    columns: before?.columns && after?.columns ? diffColumns(before, after) : [],
  }));
}

function diffColumns(a: TableProfile, b: TableProfile): ColumnDiff[] {
  const old = new Map(a.columns?.map((column) => [column.name, column]));
  const now = new Map(b.columns?.map((column) => [column.name, column]));
  const rows: ColumnDiff[] = [...now.values()].map((column) => {
    const before = old.get(column.name);
    return before
      ? compare(before, a.rows ?? 0, column, b.rows ?? 0)
      : { name: column.name, status: 'added', b: column, notes: [`new, ${column.type}`] };
  });
  for (const [name, column] of old)
    if (!now.has(name))
      rows.push({ name, status: 'removed', a: column, notes: [`gone, was ${column.type}`] });
  const weight = (row: ColumnDiff) =>
    row.status === 'added' || row.status === 'removed'
      ? 2
      : row.a?.type !== row.b?.type
        ? 1.5
        : (row.distance ?? 0);
  return rows.toSorted((x, y) => weight(y) - weight(x));
}

function compare(a: ColumnProfile, rowsA: number, b: ColumnProfile, rowsB: number): ColumnDiff {
  const notes: string[] = [];
  if (a.type !== b.type) notes.push(`${a.type} became ${b.type}`);
  const share = (nulls: number, rows: number) => (rows === 0 ? 0 : nulls / rows);
  const [nullsA, nullsB] = [share(a.nulls, rowsA), share(b.nulls, rowsB)];
  if (Math.abs(nullsA - nullsB) >= 0.001) notes.push(`nulls ${percent(nullsA)} → ${percent(nullsB)}`);
  if (a.min !== b.min || a.max !== b.max)
    notes.push(`range ${a.min ?? '?'} … ${a.max ?? '?'} → ${b.min ?? '?'} … ${b.max ?? '?'}`);
  if (a.mean !== undefined && b.mean !== undefined && a.mean !== b.mean)
    notes.push(`mean ${short(a.mean)} → ${short(b.mean)}`);
  let apart: number | undefined;
  if (a.histogram && b.histogram) {
    const edges = commonEdges(a.histogram, b.histogram);
    apart = distance(rebin(a.histogram, edges), rebin(b.histogram, edges));
  } else if (a.top && b.top) apart = topDistance(a.top, rowsA - a.nulls, b.top, rowsB - b.nulls);
  return {
    name: a.name,
    status: notes.length > 0 || (apart ?? 0) > 1e-9 ? 'changed' : 'same',
    a,
    b,
    notes,
    ...(apart === undefined ? {} : { distance: apart }),
  };
}

const percent = (share: number) => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
const short = (value: number) => String(Number(value.toPrecision(4)));
