// In the table reader's process: columns of a view as histograms, each read by itself.
import type { DuckDBConnection } from '@duckdb/node-api';
import { answerer, describe, explained, identifier, openViews, TableFault } from '../../tables/inside.ts';
import { anchorCategories, anchorNumeric, type Anchor, type Category } from '../statistics/anchor.ts';
import { count } from '../statistics/histogram.ts';
import { ANCHOR, COUNT, NAMES, type Unread } from './questions.ts';

/** Bins of a column of numbers; categories that are told apart. */
const BINS = 20;
const CATEGORIES = 100;

const rowsOf = async (connection: DuckDBConnection, view: string): Promise<number> =>
  Number((await connection.runAndReadAll(`select count(*) from ${identifier(view)}`)).getRows()[0]![0]);

export const namesAnswer = answerer(NAMES, async (connection, { views, view }) => {
  await openViews(connection, views);
  return { rows: await rowsOf(connection, view), columns: await describe(connection, identifier(view)) };
});

export const anchorAnswer = answerer(ANCHOR, async (connection, { views, view, columns }) => {
  await openViews(connection, views);
  const types = new Map((await describe(connection, identifier(view))).map(({ name, type }) => [name, type]));
  const { done, unread } = await each(columns, async ({ column, from }) => {
    const kind = kindOf(types.get(from) ?? '');
    if (kind === undefined) throw new Error(`columns of ${types.get(from) ?? 'no type'} are not watched`);
    if (kind === 'numeric') {
      const { values } = await numbers(connection, view, from);
      const anchor = anchorNumeric(values, { bins: BINS });
      return { column, anchor, histogram: count(anchor, values) };
    }
    const values = await categories(connection, view, from);
    const anchor = anchorCategories(values, { limit: CATEGORIES });
    return { column, anchor, histogram: count(anchor, values) };
  });
  return { rows: await rowsOf(connection, view), watched: done, unread };
});

export const countAnswer = answerer(COUNT, async (connection, { views, view, columns }) => {
  await openViews(connection, views);
  const { done, unread } = await each(columns, async ({ column, anchor }) => {
    const { values, misfits } = await valuesFor(connection, view, column, anchor);
    const histogram =
      anchor.kind === 'numeric' ? count(anchor, values as Float64Array) : count(anchor, values as Category[]);
    return { column, histogram, misfits };
  });
  return { rows: await rowsOf(connection, view), counted: done, unread };
});

async function valuesFor(
  connection: DuckDBConnection,
  view: string,
  column: string,
  anchor: Anchor,
): Promise<{ values: Float64Array | Category[]; misfits: number }> {
  return anchor.kind === 'numeric'
    ? numbers(connection, view, column)
    : { values: await categories(connection, view, column), misfits: 0 };
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
  const result = await connection.stream(
    `select ${number}, ${identifier(column)} is not null and ${number} is null from ${identifier(view)}`,
  );
  let values = new Float64Array(1024);
  let length = 0;
  let misfits = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return { values: values.slice(0, length), misfits };
    if (length + chunk.rowCount > values.length) {
      const larger = new Float64Array(2 * (length + chunk.rowCount));
      larger.set(values.subarray(0, length));
      values = larger;
    }
    const [vector, wrong] = [chunk.getColumnVector(0), chunk.getColumnVector(1)];
    for (let row = 0; row < chunk.rowCount; row++) {
      const value = vector.getItem(row);
      values[length++] = value === null ? NaN : (value as number); // cast to double above
      if (value === null && wrong.getItem(row) === true) misfits++;
    }
  }
}

async function categories(connection: DuckDBConnection, view: string, column: string): Promise<Category[]> {
  const result = await connection.stream(`select ${identifier(column)}::varchar from ${identifier(view)}`);
  const values: Category[] = [];
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return values;
    const vector = chunk.getColumnVector(0);
    for (let row = 0; row < chunk.rowCount; row++) values.push(vector.getItem(row) as string | null); // cast above
  }
}
