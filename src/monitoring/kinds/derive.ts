// In the table reader's process: a column of texts as columns of numbers and categories.
import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier } from '../../tables/inside.ts';
import type { Recipe } from './recipe.ts';
import { eachRow } from './stream.ts';
import { describeText, isText, readVocabulary, TEXT_NUMBERS, vocabularyMaker } from './text.ts';

/** Rows that are described: an even part of more. */
const ROWS = 20_000;
/** Values that say whether a column holds texts. */
const TRIED = 1000;

/** A column of a view that has so many rows. */
export interface From {
  view: string;
  name: string;
  rows: number;
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

/** Rows of a reference with an even place are learnt from, and measured are those with an odd one: what was learnt from looks better known than others will. */
export const learntFrom = (row: number): boolean => row % 2 === 0;

const stepOf = (rows: number, most: number): number => Math.max(1, Math.ceil(rows / most));

/** How a column of a reference is to be described; undefined where its values are numbers or categories. */
export async function learnRecipe(
  connection: DuckDBConnection,
  from: From,
  said: Recipe['kind'] | undefined,
): Promise<Recipe | undefined> {
  if (said === undefined && !(await holdsTexts(connection, from))) return undefined;
  const vocabulary = vocabularyMaker();
  await eachRow(connection, selectOf(from), stepOf(from.rows, ROWS), ([text], row) => {
    if (typeof text === 'string' && learntFrom(row)) vocabulary.add(text);
  });
  return { kind: 'text', vocabulary: vocabulary.made() };
}

async function holdsTexts(connection: DuckDBConnection, from: From): Promise<boolean> {
  const tried: string[] = [];
  await eachRow(connection, selectOf(from), stepOf(from.rows, TRIED), ([text]) => {
    if (typeof text === 'string') tried.push(text);
  });
  return isText(tried);
}

/** The column in other columns, of all rows or an even part of them. */
export async function derive(connection: DuckDBConnection, from: From, recipe: Recipe): Promise<Derived> {
  const vocabulary = readVocabulary(recipe);
  const step = stepOf(from.rows, ROWS);
  const room = Math.ceil(from.rows / step);
  const numbers = TEXT_NUMBERS.map((what) => ({
    kind: 'numbers' as const,
    what,
    learnt: what === 'unknown words',
    values: new Float64Array(room).fill(NaN),
  }));
  const language: Array<string | null> = [];
  const form: Array<string | null> = [];
  const at: Array<number | null> = [];
  await eachRow(connection, selectOf(from), step, ([text, window], row) => {
    at.push(typeof window === 'number' ? window : null);
    if (typeof text !== 'string' || text.trim() === '') {
      form.push(typeof text === 'string' ? 'blank' : null);
      language.push(null);
      return;
    }
    const described = describeText(text, vocabulary);
    form.push('text');
    language.push(described.language);
    for (const { what, values } of numbers) values[row] = described.numbers[what];
  });
  return {
    form,
    columns: [...numbers, { kind: 'categories', what: 'language', learnt: false, values: language }],
    at,
  };
}

const selectOf = ({ view, name, at }: From): string =>
  `select ${identifier(name)}::varchar${at === undefined ? '' : `, ${at}::double`} from ${identifier(view)}`;
