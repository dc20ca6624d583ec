import type { Slice } from '../contract.ts';
import { normalTail, type Estimate } from '../metrics/estimate.ts';
import { METRICS } from '../metrics/names.ts';
import type { Answers } from './answers.ts';
import type { Label } from './label.ts';
import { listMetrics, mainMetric, measure } from './measure.ts';
import { textOf, type Column } from './read-table.ts';

/** At most so many slices are scored, and one that nobody asked for needs so many rows. */
const MOST = 200;
const LEAST_ROWS = 30;
/** A declared column may have more values than this; then the most frequent are scored. */
const MOST_VALUES = 50;

/** Rows by value of a column, the most frequent first. */
export function rowsByValue(column: Column, rows: number): Map<string, Uint32Array> {
  const groups = new Map<string, number[]>();
  for (let row = 0; row < rows; row++) {
    const text = textOf(column, row) ?? '(missing)';
    const group = groups.get(text);
    if (group) group.push(row);
    else groups.set(text, [row]);
  }
  const sorted = [...groups].toSorted((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
  return new Map(sorted.map(([text, list]) => [text, Uint32Array.from(list)]));
}

/**
 * Every metric on every slice. A slice is `worse` when its main metric is worse than that of all rows by more than chance at 5 %,
 * after Holm's correction for the number of slices: with forty of them two would stand out by chance alone.
 */
export function slicesOf(
  label: Label,
  answers: Answers,
  all: ReadonlyMap<string, Estimate | string>,
  columns: readonly Column[],
  declared: boolean,
): Slice[] {
  const rows = label.task === 'regression' ? label.values.length : label.codes.length;
  const main = mainMetric(label.task, all);
  const whole = all.get(main);
  const each = new Float64Array(rows);
  if (typeof whole === 'object') whole.spread?.add(each, 1);
  const total = each.reduce((sum, one) => sum + one * one, 0);
  const found: Array<{ slice: Slice; chance: number }> = [];
  for (const column of columns) {
    for (const [value, part] of [...rowsByValue(column, rows)].slice(0, MOST_VALUES)) {
      if (found.length >= MOST) break;
      if (part.length === rows || (!declared && part.length < LEAST_ROWS)) continue;
      const { metrics } = measure(label, answers, part);
      const slice: Slice = {
        where: `${column.name} = ${value}`,
        column: column.name,
        value,
        rows: part.length,
        metrics: listMetrics(metrics),
        worse: false,
      };
      found.push({ slice, chance: chanceOf(metrics.get(main), whole, part, each, total) });
    }
  }
  // Holm: the smallest chance against the number of slices, the next against one less, until one is too large.
  const tested = found.filter(({ chance }) => !Number.isNaN(chance)).toSorted((a, b) => a.chance - b.chance);
  for (const [i, { slice, chance }] of tested.entries()) {
    if (chance > 0.05 / (tested.length - i)) break;
    slice.worse = true;
  }
  return found.map(({ slice }) => slice);
}

/** How likely the slice looks this much worse than all rows by chance; NaN where that cannot be said. */
function chanceOf(
  part: Estimate | string | undefined,
  whole: Estimate | string | undefined,
  rows: Uint32Array,
  each: Float64Array,
  total: number,
): number {
  if (typeof part !== 'object' || typeof whole !== 'object' || !part.spread || rows.length < LEAST_ROWS)
    return NaN;
  const own = new Float64Array(each.length);
  part.spread.add(own, 1);
  // The slice is a part of all rows: what both share is taken off row by row.
  let variance = total;
  for (const row of rows) variance += (own[row]! - each[row]!) ** 2 - each[row]! ** 2;
  if (!(variance > 0)) return NaN;
  const worse = METRICS[whole.name]?.better === 'lower' ? part.value - whole.value : whole.value - part.value;
  return normalTail(worse / Math.sqrt(variance));
}
