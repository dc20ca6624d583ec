// In the table reader's process: where among the values of a column a model errs more.
import type { DuckDBConnection } from '@duckdb/node-api';
import { normalTail } from '../../platform/mathematics/index.ts';
import { identifier } from '../../tables/inside.ts';
import type { Figure, SliceScore } from './questions.ts';

/** Columns that nobody named have so many values at most. */
const FEW_VALUES = 20;
const COLUMNS = 20;
/** Of a column that was named the most frequent values are scored. */
const VALUES = 50;
const LEAST_ROWS = 30;

/** The columns whose values are scored apart: those that are named and there, else texts, truth values and whole numbers of few values. */
export async function sliceColumns(
  connection: DuckDBConnection,
  from: string,
  columns: ReadonlyArray<{ name: string; type: string }>,
  named: readonly string[] | undefined,
): Promise<string[]> {
  if (named !== undefined) return named.filter((name) => columns.some((one) => one.name === name));
  const able = columns.filter(
    ({ name, type }) =>
      name.startsWith('in_') &&
      /^(VARCHAR|BOOLEAN|ENUM.*|U?(TINY|SMALL|BIG)?INT(EGER)?|FLOAT|DOUBLE)$/.test(type),
  );
  if (able.length === 0) return [];
  const distinct = able.map(({ name }) => `approx_count_distinct(${identifier(name)})`).join(', ');
  const [counts] = (
    await connection.runAndReadAll(`select ${distinct} from ${from} where label is not null`)
  ).getRows();
  return able
    .filter((_one, at) => Number(counts![at]) > 1 && Number(counts![at]) <= FEW_VALUES)
    .slice(0, COLUMNS)
    .map(({ name }) => name);
}

/** Each value with the metric there, and whether its mean loss is higher than that of all other rows; one test for all slices together (Holm). */
export function scoreSlices(
  columns: ReadonlyArray<{ column: string; values: ReadonlyArray<string | null> }>,
  losses: Float64Array | undefined,
  measure: (rows: Uint32Array) => Figure | undefined,
): SliceScore[] {
  if (!losses) return [];
  const all = sums(losses);
  const found: Array<SliceScore & { p: number }> = [];
  for (const { column, values } of columns) {
    const groups = Map.groupBy(values.keys(), (row) => values[row] ?? null);
    const frequent = [...groups].toSorted(([, a], [, b]) => b.length - a.length).slice(0, VALUES);
    for (const [value, list] of frequent) {
      const rows = Uint32Array.from(list);
      if (rows.length < LEAST_ROWS || rows.length > losses.length - LEAST_ROWS) continue;
      const own = sums(Float64Array.from(rows, (row) => losses[row]!));
      const others = (all.sum - own.sum) / (all.rows - own.rows);
      const variance = all.squares / all.rows - (all.sum / all.rows) ** 2;
      const loss = own.sum / own.rows;
      const error = Math.sqrt(variance * (1 / own.rows + 1 / (all.rows - own.rows)));
      const figure = measure(rows);
      found.push({
        column,
        value,
        rows: rows.length,
        loss,
        others,
        worse: false,
        p: error > 0 ? normalTail((loss - others) / error) : 1,
        ...(figure ? { figure } : {}),
      });
    }
  }
  const order = found.toSorted((a, b) => a.p - b.p);
  for (const [at, one] of order.entries()) {
    if (one.p > 0.05 / (order.length - at)) break;
    one.worse = true;
  }
  return found.map(({ p: _p, ...one }) => one);
}

function sums(of: Float64Array): { rows: number; sum: number; squares: number } {
  let [sum, squares] = [0, 0];
  for (const one of of) {
    sum += one;
    squares += one * one;
  }
  return { rows: of.length, sum, squares };
}
