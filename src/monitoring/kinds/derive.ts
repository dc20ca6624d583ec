// In the table reader's process: a column as columns of numbers and categories that are made of its values.
import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier } from '../../tables/inside.ts';
import { describerOf } from './describers.ts';
import type { Raw, Recipe } from './recipe.ts';
import { eachRow } from './stream.ts';
import type { Reading } from './values.ts';

/** Rows that are described: an even part of more. */
export const ROWS = { text: 20_000, vector: 20_000, image: 5000, file: 500 } as const;
/** Numbers that are looked at, of vectors and of the tensors of images. */
const NUMBERS = 100_000_000;

/** A column of a view that has so many rows. */
export interface From {
  view: string;
  rows: number;
  reading: Reading;
  /** In which window a row lies, as SQL. */
  at?: string | undefined;
}

/** A column of a view in other columns, row by row. */
export interface Derived {
  /** What each value is; null where there is none. */
  form: Array<string | null>;
  columns: DerivedColumn[];
  /** In which window each row lies. */
  at: Array<number | null>;
}

export type DerivedColumn = {
  /** `words` */
  what: string;
  /** Measured by what was learnt from rows of the reference, so that those say nothing of it. */
  learnt: boolean;
} & ({ kind: 'numbers'; values: Float64Array } | { kind: 'categories'; values: Array<string | null> });

/**
 * Rows of a reference that are learnt from; the others are measured, since what was learnt from looks better known than the rest will. About half of them, by a
 * digest of their place: in many a table every other row is of another kind.
 */
export const learntFrom = (place: number): boolean => (Math.imul(place + 1, 0x9e3779b1) >>> 16) % 2 === 0;

/** Values of a column, an even part where there are more than `most`. */
export async function eachValue(
  connection: DuckDBConnection,
  { view, rows, reading, at }: From,
  most: number,
  read: (value: Raw, place: number, window: number | null) => void | Promise<void>,
): Promise<void> {
  const select = [...reading.select, ...(at === undefined ? [] : [`${at}::double`])].join(', ');
  await eachRow(
    connection,
    `select ${select} from ${identifier(view)}`,
    stepOf(rows, most),
    (chunk, row, place) => {
      const window = at === undefined ? null : chunk.getColumnVector(reading.select.length).getItem(row);
      return read(reading.take(chunk, row), place, typeof window === 'number' ? window : null);
    },
  );
}

const stepOf = (rows: number, most: number): number => Math.max(1, Math.ceil(rows / Math.max(1, most)));

function rowsFor(recipe: Recipe): number {
  if (recipe.kind === 'text') return ROWS.text;
  if (recipe.kind === 'vector') return Math.min(ROWS.vector, Math.floor(NUMBERS / (recipe.width ?? 1000)));
  if (recipe.form === 'bytes') return ROWS.file;
  return Math.min(ROWS.image, Math.floor(NUMBERS / (recipe.height * recipe.width * recipe.channels)));
}

/** The column in other columns, of all rows or an even part of them. */
export async function derive(connection: DuckDBConnection, from: From, recipe: Recipe): Promise<Derived> {
  const describer = describerOf(recipe);
  const most = rowsFor(recipe);
  const room = Math.ceil(from.rows / stepOf(from.rows, most));
  const numbers = describer.numbers.map((what) => ({
    kind: 'numbers' as const,
    what,
    learnt: describer.learnt.has(what),
    values: new Float64Array(room).fill(NaN),
  }));
  const categories = describer.categories.map((what) => ({
    kind: 'categories' as const,
    what,
    learnt: describer.learnt.has(what),
    values: Array.from({ length: room }, (): string | null => null),
  }));
  const form: Array<string | null> = [];
  const at: Array<number | null> = [];
  await eachValue(connection, from, most, async (value, place, window) => {
    const described = await describer.describe(value);
    form.push(described.form);
    at.push(window);
    for (const { what, values } of numbers) values[place] = described.numbers?.[what] ?? NaN;
    for (const { what, values } of categories) values[place] = described.categories?.[what] ?? null;
  });
  return { form, columns: [...numbers, ...categories], at };
}
