// In the table reader's process: what is made of the columns of a sample.
import type { DuckDBConnection } from '@duckdb/node-api';
import { derive, eachValue } from '../kinds/derive.ts';
import { describerOf } from '../kinds/describers.ts';
import { derivedName } from '../kinds/names.ts';
import type { Raw, Recipe } from '../kinds/recipe.ts';
import { readingOf } from '../kinds/values.ts';
import type { Cell } from './encode.ts';

/** Rows of each side that are read: enough to see what is large. */
const ROWS = 4000;
/** Characters of a text that are learnt from. */
const READ = 5000;
/** Numbers of a sample that has images or vectors, and files of images. */
const NUMBERS = 20_000_000;
const FILES = 300;
const FEWEST = 100;
/** Types of what may be large. */
export const LARGE = /\]$|^BLOB$|^STRUCT/;

/** Rows of each side that are read, fewer of what is large. */
export const rowsFor = (made: ReadonlyArray<{ recipe: Recipe }>): number =>
  Math.min(
    ROWS,
    ...made.map(({ recipe }) => {
      if (recipe.kind === 'text') return ROWS;
      if (recipe.kind === 'image' && recipe.form === 'bytes') return FILES;
      const each =
        recipe.kind === 'vector' ? (recipe.width ?? 1000) : recipe.height * recipe.width * recipe.channels;
      return Math.max(FEWEST, Math.floor(NUMBERS / each));
    }),
  );

interface Sample {
  view: string;
  rows: number;
  types: ReadonlyMap<string, string>;
}

/** What is made of one column. */
interface Made {
  /** Of the column itself, then of what is made of it. */
  names: string[];
  cells: Cell[][];
  /** Of texts and vectors. */
  values: Raw[];
}

/** What is made of a column of a sample; nothing of one that is not there, or cannot be read: the rest is compared. */
export async function readMade(
  connection: DuckDBConnection,
  sample: Sample,
  made: { column: string; recipe: Recipe },
): Promise<Made> {
  const describer = describerOf(made.recipe);
  const whats = [...describer.numbers, ...describer.categories];
  const names = [made.column, ...whats.map((what) => derivedName(made.column, what))];
  try {
    return { names, ...(await readValues(connection, sample, made)) };
  } catch {
    const cells = names.map((): Cell[] => Array.from({ length: sample.rows }, () => null));
    return { names, cells, values: [] };
  }
}

async function readValues(
  connection: DuckDBConnection,
  { view, rows, types }: Sample,
  { column, recipe }: { column: string; recipe: Recipe },
): Promise<Omit<Made, 'names'>> {
  const reading = readingOf(types, column);
  if (!reading) throw new Error(`there is no column '${column}'`);
  const from = { view, rows, reading };
  const { form, columns } = await derive(connection, from, recipe);
  const values: Raw[] = [];
  if (recipe.kind !== 'image')
    await eachValue(connection, from, rows, (value) => {
      values.push(typeof value === 'string' ? value.slice(0, READ) : value);
    });
  return {
    values,
    cells: [
      form,
      ...columns.map((one): Cell[] =>
        one.kind === 'numbers'
          ? Array.from(one.values, (value) => (Number.isNaN(value) ? null : value))
          : one.values,
      ),
    ],
  };
}
