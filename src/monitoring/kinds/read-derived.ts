// In the table reader's process: derived columns as histograms, as all others are.
import type { DuckDBConnection } from '@duckdb/node-api';
import { cutOf, type Cut } from '../signals/cut-by-time.ts';
import type { Counted, Watched } from '../signals/questions.ts';
import { anchorCategories, anchorNumeric, type Anchor } from '../statistics/anchor.ts';
import { count, type Histogram } from '../statistics/histogram.ts';
import { derive, learntFrom, type DerivedColumn, type From } from './derive.ts';
import { derivedName } from './names.ts';
import type { Recipe } from './recipe.ts';

interface Bins {
  bins: number;
  categories: number;
}

/** Anchors what is made of a column of a reference; the column itself by what its values are, and with how the others are made. */
export async function anchorDerived(
  connection: DuckDBConnection,
  from: From,
  { column, recipe }: { column: string; recipe: Recipe },
  bins: Bins,
): Promise<Watched[]> {
  const { form, columns, at } = await derive(connection, from, recipe);
  const cut = cutOf(at);
  const own: DerivedColumn = { kind: 'categories', what: '', learnt: false, values: form };
  return [
    { ...anchored(column, own, [...form.keys()], { bins, cut }), recipe },
    ...columns.map((one) =>
      anchored(
        derivedName(column, one.what),
        one,
        knownRows(one).filter((row) => !one.learnt || !learntFrom(row)),
        { bins, cut },
      ),
    ),
  ];
}

/** Counts what is made of a column of a window on anchors. */
export async function countDerived(
  connection: DuckDBConnection,
  from: From,
  { column, recipe }: { column: string; recipe: Recipe },
  anchors: ReadonlyMap<string, Anchor>,
): Promise<Counted[]> {
  const { form, columns } = await derive(connection, from, recipe);
  const part = form.length < from.rows ? { of: from.rows } : {};
  const counted = (name: string, histogram: Histogram): Counted => ({
    column: name,
    histogram,
    misfits: 0,
    outside: 0,
    ...part,
  });
  const own = anchors.get(column);
  return [
    ...(own?.kind === 'categories' ? [counted(column, count(own, form))] : []),
    ...columns.flatMap((one) => {
      const name = derivedName(column, one.what);
      const anchor = anchors.get(name);
      const rows = knownRows(one);
      const histogram = anchor === undefined ? undefined : countOn(anchor, one, rows);
      return histogram ? [{ ...counted(name, histogram), ...onlyOf(one, rows) }] : [];
    }),
  ];
}

/** A value that is not there is missing of the column that it is made from, and said there. */
function knownRows({ values }: DerivedColumn): number[] {
  const rows: number[] = [];
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (value != null && !Number.isNaN(value)) rows.push(row);
  }
  return rows;
}

function anchored(
  column: string,
  one: DerivedColumn,
  rows: readonly number[],
  { bins, cut }: { bins: Bins; cut: Cut | undefined },
): Watched {
  const anchor =
    one.kind === 'numbers'
      ? anchorNumeric(numbersOf(one.values, rows), { bins: bins.bins })
      : anchorCategories(textsOf(one.values, rows), { limit: bins.categories });
  const known = new Set(rows);
  const counts = (part: readonly number[]): Histogram => countOn(anchor, one, part)!;
  return {
    column,
    anchor,
    histogram: counts(rows),
    ...(cut
      ? { windows: cut.map((part) => [...counts([...part].filter((row) => known.has(row))).counts]) }
      : {}),
  };
}

/** Undefined where the anchor is of the other kind. */
function countOn(anchor: Anchor, one: DerivedColumn, rows: readonly number[]): Histogram | undefined {
  if (one.kind === 'numbers')
    return anchor.kind === 'numeric' ? count(anchor, numbersOf(one.values, rows)) : undefined;
  return anchor.kind === 'categories' ? count(anchor, textsOf(one.values, rows)) : undefined;
}

const numbersOf = (values: Float64Array, rows: readonly number[]): Float64Array =>
  Float64Array.from(rows, (row) => values[row]!);

const textsOf = (values: ReadonlyArray<string | null>, rows: readonly number[]): Array<string | null> =>
  rows.map((row) => values[row]!);

function onlyOf({ values }: DerivedColumn, rows: readonly number[]): { only?: string } {
  const [first] = rows;
  return first !== undefined && rows.every((row) => values[row] === values[first])
    ? { only: String(values[first]) }
    : {};
}
