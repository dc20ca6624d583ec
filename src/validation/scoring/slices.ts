import type { Slice } from '../contract.ts';
import type { Structure } from '../metrics/dependence.ts';
import { normalTail } from '../../platform/mathematics/index.ts';
import { t95, type Estimate } from '../metrics/estimate.ts';
import { METRICS } from '../../rules/index.ts';
import { widened, widthOf } from '../metrics/widen.ts';
import type { Answers } from './answers.ts';
import type { Label } from './label.ts';
import { listMetrics, mainMetric, measure } from './measure.ts';
import type { Column } from './column.ts';
import { textOf } from './read-table.ts';

/** At most so many slices are scored, and one that nobody asked for needs so many rows. */
const MOST = 200;
export const LEAST_ROWS = 30;
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

interface Scored {
  slice: Slice;
  /** Its main metric and the variance of it; undefined where it has none, or too few rows to say. */
  value?: number;
  variance?: number;
}

/**
 * Every metric on every slice. A slice is `worse` when its main metric is worse than that of the column's other values by more
 * than chance at 5 %, after Holm's correction for the number of slices: with forty of them two would stand out by chance alone.
 * The other values and not all rows, because a model that ranks well between the values of a column ranks less well within each.
 */
export function slicesOf(
  label: Label,
  answers: Answers,
  all: ReadonlyMap<string, Estimate | string>,
  columns: readonly Column[],
  declared: boolean,
  structures: readonly Structure[],
): Slice[] {
  const rows = label.task === 'regression' ? label.values.length : label.codes.length;
  const main = mainMetric(label.task, all);
  const each = new Float64Array(rows);
  const found: Scored[] = [];
  const tested: Array<{ slice: Slice; chance: number }> = [];
  for (const column of columns) {
    const ofColumn: Scored[] = [];
    for (const [value, part] of [...rowsByValue(column, rows)].slice(0, MOST_VALUES)) {
      if (found.length + ofColumn.length >= MOST) break;
      if (part.length === rows || (!declared && part.length < LEAST_ROWS)) continue;
      const metrics = widened(measure(label, answers, part).metrics, structures, rows, part);
      const slice: Slice = {
        where: `${column.name} = ${value}`,
        column: column.name,
        value,
        rows: part.length,
        metrics: listMetrics(metrics),
        worse: false,
      };
      ofColumn.push({ slice, ...spreadOf(metrics.get(main), part, each, structures) });
    }
    found.push(...ofColumn);
    for (const one of ofColumn) {
      const chance = chanceOf(one, ofColumn, METRICS[main]?.better === 'lower' ? -1 : 1);
      if (chance !== undefined) tested.push({ slice: one.slice, chance });
    }
  }
  // Holm: the smallest chance against the number of slices, the next against one less, until one is too large.
  tested.sort((a, b) => a.chance - b.chance);
  for (const [i, { slice, chance }] of tested.entries()) {
    if (chance > 0.05 / (tested.length - i)) break;
    slice.worse = true;
  }
  return found.map(({ slice }) => slice);
}

/** `each` is zero before and after. */
function spreadOf(
  part: Estimate | string | undefined,
  rows: Uint32Array,
  each: Float64Array,
  structures: readonly Structure[],
): { value?: number; variance?: number } {
  if (typeof part !== 'object' || !part.spread || rows.length < LEAST_ROWS) return {};
  part.spread.add(each, 1);
  const own = Float64Array.from(rows, (row) => each[row]!);
  for (const row of rows) each[row] = 0;
  const { half } = widthOf(
    own,
    rows.length - 1,
    structures.map((structure) => structure.of(rows)),
  );
  const variance = (half / t95(rows.length - 1)) ** 2;
  return variance > 0 && Number.isFinite(variance) ? { value: part.value, variance } : {};
}

/** How likely a slice looks this much worse than the others of its column by chance: they share no row. */
function chanceOf(one: Scored, all: readonly Scored[], better: 1 | -1): number | undefined {
  if (one.value === undefined || one.variance === undefined) return undefined;
  let weight = 0;
  let mean = 0;
  let variance = 0;
  for (const { slice, value, variance: its } of all) {
    if (slice === one.slice || value === undefined || its === undefined) continue;
    weight += slice.rows;
    mean += slice.rows * value;
    variance += slice.rows ** 2 * its;
  }
  if (weight === 0) return undefined;
  const gap = better * (mean / weight - one.value);
  return normalTail(gap / Math.sqrt(one.variance + variance / weight ** 2));
}
