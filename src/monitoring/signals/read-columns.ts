// In the table reader's process: columns of a view as histograms.
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  answerer,
  describe,
  doublesAt,
  explained,
  identifier,
  openViews,
  quote,
  TableFault,
} from '../../tables/inside.ts';
import {
  anchorCategories,
  anchorSorted,
  sortedFinite,
  type Anchor,
  type Category,
  type CategoryAnchor,
  type NumericAnchor,
} from '../statistics/anchor.ts';
import { count, counterOf } from '../statistics/histogram.ts';
import { unitChange } from '../detectors/unit-change.ts';
import { learnRecipe } from '../kinds/learn.ts';
import { sourceOf } from '../kinds/names.ts';
import { anchorDerived, countDerived } from '../kinds/read-derived.ts';
import { eachChunk } from '../kinds/stream.ts';
import { readingOf } from '../kinds/values.ts';
import { cutByTime, windowAt, windowsOf } from './cut-by-time.ts';
import {
  ANCHOR,
  COUNT,
  NAMES,
  PROBE,
  type Counted,
  type Probed,
  type Unread,
  type Watched,
} from './questions.ts';

/** Bins of a column of numbers; categories that are told apart. */
const BINS = 20;
const CATEGORIES = 100;

const rowsOf = async (connection: DuckDBConnection, view: string): Promise<number> =>
  Number((await connection.runAndReadAll(`select count(*) from ${identifier(view)}`)).getRows()[0]![0]);

const typesOf = async (connection: DuckDBConnection, view: string): Promise<Map<string, string>> =>
  new Map((await describe(connection, identifier(view))).map(({ name, type }) => [name, type]));

export const namesAnswer = answerer(NAMES, async (connection, { views, view }) => {
  await openViews(connection, views);
  return { rows: await rowsOf(connection, view), columns: await describe(connection, identifier(view)) };
});

export const anchorAnswer = answerer(ANCHOR, async (connection, { views, view, columns, window, time }) => {
  await openViews(connection, views);
  const types = await typesOf(connection, view);
  const at = windowAt(types, { window, time });
  const cut = await cutByTime(connection, view, at);
  const rows = await rowsOf(connection, view);
  const read = groupReader(
    connection,
    view,
    columns.flatMap(({ from, as }) =>
      as === undefined && kindOf(types.get(from) ?? '') === 'numeric' ? [from] : [],
    ),
    rows,
  );
  const { done, unread } = await each(columns, async ({ column, from, as, ...said }): Promise<Watched[]> => {
    const kind = kindOf(types.get(from) ?? '');
    const reading = kind === 'numeric' || as !== undefined ? undefined : readingOf(types, from);
    if (reading) {
      const source = { view, rows, reading, at };
      const recipe = await learnRecipe(connection, source, said);
      const bins = { bins: BINS, categories: CATEGORIES };
      if (recipe) return anchorDerived(connection, source, { column, recipe }, bins);
    }
    if (kind === undefined) throw new Error(`columns of ${types.get(from) ?? 'no type'} are not watched`);
    if (kind === 'numeric' && as === undefined) {
      const values = await read(from);
      const sorted = sortedFinite(values);
      const anchor = anchorSorted(sorted, { rows: values.length, bins: BINS });
      const parts = windowsOf(cut, values, (part) => count(anchor, Float64Array.from(part)));
      const quantiles = quantilesOf(sorted);
      return [{ column, anchor, histogram: count(anchor, values), ...parts, quantiles }];
    }
    const texts = await categories(connection, view, from);
    const values = kind === 'numeric' ? texts.map(plainNumber) : texts;
    const anchor = anchorCategories(values, { limit: CATEGORIES });
    const parts = windowsOf(cut, values, (part) => count(anchor, part));
    return [{ column, anchor, histogram: count(anchor, values), ...parts }];
  });
  return { rows, watched: done.flat(), unread };
});

/** Columns that are read in one pass over the rows of a reference: each pass also reads what says which rows are meant. */
const GROUP = 8;

/** Columns of numbers, some at a time; one that cannot be read ends its group, whose others are read by themselves. */
function groupReader(
  connection: DuckDBConnection,
  view: string,
  names: readonly string[],
  rows: number,
): (name: string) => Promise<Float64Array> {
  const held = new Map<string, Float64Array>();
  return async (name) => {
    const known = held.get(name);
    if (known) return known;
    held.clear();
    const at = names.indexOf(name);
    const group = names.slice(at, at + GROUP);
    const values = group.map(() => new Float64Array(rows));
    let length = 0;
    try {
      const select = group.map((one) => `${identifier(one)}::double`).join(', ');
      await eachChunk(connection, `select ${select} from ${identifier(view)}`, (chunk, count) => {
        for (const [column, into] of values.entries())
          doublesAt(chunk, column, { rows: count, into, from: length });
        length += count;
      });
      for (const [column, one] of group.entries()) held.set(one, values[column]!);
    } catch {
      return (await numbers(connection, view, name)).values;
    }
    return held.get(name)!;
  };
}

export const countAnswer = answerer(COUNT, async (connection, { views, view, columns: all }) => {
  await openViews(connection, views);
  const types = await typesOf(connection, view);
  const rows = await rowsOf(connection, view);
  const made = all.flatMap(({ column, recipe }) => (recipe ? [{ column, recipe }] : []));
  const anchors = new Map(all.map(({ column, anchor }) => [column, anchor]));
  const derived = await each(made, (one) => {
    const reading = readingOf(types, one.column);
    if (!reading) throw new Error(`the log has no column '${one.column}' of texts, bytes or numbers`);
    return countDerived(connection, { view, rows, reading }, one, anchors);
  });
  const sources = new Set(made.map(({ column }) => column));
  const columns = all.filter(({ column }) => !sources.has(sourceOf(column)));
  const together = columns.flatMap(({ column, anchor }) =>
    anchor.kind === 'numeric' && kindOf(types.get(column) ?? '') === 'numeric' ? [{ column, anchor }] : [],
  );
  const found = new Map<string, Counted>();
  try {
    for (const one of await countNumbers(connection, view, together)) found.set(one.column, one);
  } catch {
    // Whatever it was, it is told of the column that it is of.
  }
  const { done, unread } = await each(columns, async ({ column, anchor }): Promise<Counted> => {
    const known = found.get(column);
    if (known) return known;
    if (anchor.kind === 'categories') return countCategories(connection, view, column, anchor);
    const { values, misfits } = await numbers(connection, view, column);
    const counter = counterOf(anchor);
    counter.add(values);
    return { column, histogram: counter.histogram(), misfits, outside: counter.outside() };
  });
  return { rows, counted: [...done, ...derived.done.flat()], unread: [...unread, ...derived.unread] };
});

/** Rows that say what a column looks like: an even part of more. */
const PROBED = 20_000;

export const probeAnswer = answerer(PROBE, async (connection, { views, view, columns }) => {
  await openViews(connection, views);
  const rows = await rowsOf(connection, view);
  const { done } = await each(columns, async ({ column, quantiles }): Promise<Probed> => {
    const name = identifier(column);
    const [found] = (
      await connection.runAndReadAll(
        `select count(distinct ${name}::varchar), any_value(${name}::varchar) from ${identifier(view)}`,
      )
    ).getRows();
    if (Number(found![0]) === 1) return { column, only: String(found![1]) };
    if (!quantiles) return { column };
    const { values } = await numbers(connection, view, column);
    const step = Math.max(1, Math.ceil(rows / PROBED));
    const unit = unitChange(
      quantiles,
      values.filter((_one, row) => row % step === 0),
    );
    return { column, ...(unit ? { unit } : {}) };
  });
  return { probed: done };
});

const QUANTILES = 200;

function quantilesOf(sorted: Float64Array): number[] {
  if (sorted.length === 0) return [];
  return Array.from(
    { length: QUANTILES + 1 },
    (_one, i) => sorted[Math.round((i * (sorted.length - 1)) / QUANTILES)]!,
  );
}

/** All columns of numbers in one pass. */
async function countNumbers(
  connection: DuckDBConnection,
  view: string,
  columns: ReadonlyArray<{ column: string; anchor: NumericAnchor }>,
): Promise<Counted[]> {
  if (columns.length === 0) return [];
  const counters = columns.map(({ anchor }) => counterOf(anchor));
  const select = columns.map(({ column }) => `${identifier(column)}::double`).join(', ');
  let block = new Float64Array(2048);
  await eachChunk(connection, `select ${select} from ${identifier(view)}`, (chunk, rows) => {
    if (rows > block.length) block = new Float64Array(rows);
    for (const [at, counter] of counters.entries()) {
      doublesAt(chunk, at, { rows, into: block });
      counter.add(block.subarray(0, rows));
    }
  });
  return columns.map(({ column }, at) => ({
    column,
    histogram: counters[at]!.histogram(),
    misfits: 0,
    outside: counters[at]!.outside(),
  }));
}

/** Counted where the texts are: a text that comes here costs more than all else of it. */
async function countCategories(
  connection: DuckDBConnection,
  view: string,
  column: string,
  { id, categories: names }: CategoryAnchor,
): Promise<Counted> {
  const known = names.map((name, at) => `(${quote(name)}, ${at})`).join(', ');
  const from = `(select ${identifier(column)}::varchar as v from ${identifier(view)}) seen`;
  const sql =
    names.length === 0
      ? `select case when v is null then -1 else 0 end, count(*) from ${from} group by 1`
      : `select case when v is null then -1 else coalesce(i, ${names.length}) end, count(*)
         from ${from} left join (values ${known}) known(name, i) on v = known.name group by 1`;
  const counts = Array.from({ length: names.length + 2 }, () => 0);
  for (const [bin, rows] of (await connection.runAndReadAll(sql)).getRows())
    counts[Number(bin) < 0 ? names.length + 1 : Number(bin)] = Number(rows);
  return {
    column,
    histogram: { version: 1, anchor: id, counts, low: null, high: null },
    misfits: 0,
    outside: 0,
  };
}

/** What one column throws is of that column alone. */
async function each<A extends { column: string }, T>(
  columns: readonly A[],
  read: (one: A) => Promise<T>,
): Promise<{ done: T[]; unread: Unread[] }> {
  const done: T[] = [];
  const unread: Unread[] = [];
  for (const one of columns) {
    try {
      done.push(await read(one));
    } catch (error) {
      const { message } = TableFault.from(await explained(error, []), undefined).fault;
      unread.push({ column: one.column, problem: message });
    }
  }
  return { done, unread };
}

function kindOf(type: string): Anchor['kind'] | undefined {
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type) || /^(FLOAT|DOUBLE|DECIMAL.*)$/.test(type))
    return 'numeric';
  return /^(VARCHAR|BOOLEAN|ENUM.*|UUID)$/.test(type) ? 'categories' : undefined;
}

/** A column as doubles, NaN where there is none; how many values are no numbers. */
async function numbers(
  connection: DuckDBConnection,
  view: string,
  column: string,
): Promise<{ values: Float64Array; misfits: number }> {
  const number = `try_cast(${identifier(column)} as double)`;
  let values = new Float64Array(1024);
  let length = 0;
  let misfits = 0;
  const sql = `select ${number}, ${identifier(column)} is not null and ${number} is null from ${identifier(view)}`;
  await eachChunk(connection, sql, (chunk, rows) => {
    if (length + rows > values.length) {
      const larger = new Float64Array(2 * (length + rows));
      larger.set(values.subarray(0, length));
      values = larger;
    }
    doublesAt(chunk, 0, { rows, into: values, from: length });
    const wrong = chunk.getColumnVector(1);
    for (let row = 0; row < rows; row++) if (wrong.getItem(row) === true) misfits++;
    length += rows;
  });
  return { values: values.slice(0, length), misfits };
}

/** A number as the planes spell it: 1 for 1.0, nothing for none. */
function plainNumber(text: Category): Category {
  if (typeof text !== 'string' || /^-?\d+$/.test(text)) return text;
  return Number.isNaN(Number(text)) ? null : String(Number(text));
}

async function categories(connection: DuckDBConnection, view: string, column: string): Promise<Category[]> {
  const values: Category[] = [];
  await eachChunk(
    connection,
    `select ${identifier(column)}::varchar from ${identifier(view)}`,
    (chunk, rows) => {
      const vector = chunk.getColumnVector(0);
      for (let row = 0; row < rows; row++) values.push(vector.getItem(row) as string | null); // cast above
    },
  );
  return values;
}
