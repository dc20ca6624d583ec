import type { Slice } from '../../../src/validation/contract.ts';

/** Slices as the table shows them: by a column, in an order. Pure. */

export const columnsOf = (slices: readonly Slice[]): string[] => [
  ...new Set(slices.map(({ column }) => column)),
];

export const metricOf = (slice: Slice, name: string) => slice.metrics.find((one) => one.name === name);

/** Of several metrics of the slices, the first is the main one: the server names it first. */
export function mainMetric(slices: readonly Slice[]): string | undefined {
  return slices.find(({ metrics }) => metrics.length > 0)?.metrics[0]?.name;
}

export interface SliceOrder {
  by: string;
  down: boolean;
}

/** Unless asked otherwise: those that are worse first, then the largest. What has no value stands last either way. */
export function orderSlices(slices: readonly Slice[], order: SliceOrder | undefined): Slice[] {
  if (order === undefined)
    return slices.toSorted((a, b) => Number(b.worse) - Number(a.worse) || b.rows - a.rows);
  const key = (slice: Slice): string | number | undefined =>
    order.by === 'where'
      ? slice.where
      : order.by === 'rows'
        ? slice.rows
        : metricOf(slice, order.by.replace(/^metric\./, ''))?.value;
  const turn = order.down ? -1 : 1;
  return slices.toSorted((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? 1 : -1;
    if (typeof x === 'number' && typeof y === 'number') return turn * (x - y);
    return turn * String(x).localeCompare(String(y), 'en', { numeric: true });
  });
}
