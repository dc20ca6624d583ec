import { compareValues } from './compare-values.ts';
import type { Column, Sort } from './table.tsx';

/** How the order of a table stands in an address, and what it makes of rows. Pure. */

/** `state`, `-when`: a column of the table, with a minus for the other way round. */
export function sortOf(text: string | undefined): Sort | undefined {
  if (text === undefined || text === '') return undefined;
  return text.startsWith('-') ? { id: text.slice(1), desc: true } : { id: text, desc: false };
}

export const sortText = (sort: Sort | undefined): string | undefined =>
  sort && `${sort.desc ? '-' : ''}${sort.id}`;

/** Rows by a column, those without a value last whichever way; as they came where there is no such column. */
export function inOrder<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort | undefined,
): readonly Row[] {
  const column = columns.find(({ id }) => id === sort?.id);
  if (!sort || !column?.value) return rows;
  const valued = rows.map((row) => ({ row, value: column.value?.(row) }));
  const known = valued.filter(({ value }) => value !== undefined);
  const sorted = known.toSorted((a, b) => compareValues(a.value, b.value) * (sort.desc ? -1 : 1));
  return [...sorted, ...valued.filter(({ value }) => value === undefined)].map(({ row }) => row);
}
