// In the table reader's process: what the values of a column are, and what is learnt from them.
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnKind } from '../contract.ts';
import { eachValue, learntFrom, ROWS, type From } from './derive.ts';
import { areImages, imageOf } from './image.ts';
import type { Recipe } from './recipe.ts';
import { isText, vocabularyMaker } from './text.ts';
import { LEARNT_NUMBERS, LEARNT_ROWS, learnVector } from './vector.ts';

/** Values that say what a column holds, and of each as much as says it. */
const TRIED = 500;
const HEAD = 1000;
/** Of vectors, those that have the usual length at least. */
const USUAL = 0.9;

/** What is known of a column beside its values: what the monitor says, and the shape of a row of the tensor. */
export interface Said {
  kind?: ColumnKind | undefined;
  shape?: readonly number[] | undefined;
}

/** How a column of a reference is to be described; undefined where its values are numbers or categories. */
export async function learnRecipe(
  connection: DuckDBConnection,
  from: From,
  { kind, shape }: Said,
): Promise<Recipe | undefined> {
  if (kind === 'categories' || kind === 'numbers') return undefined;
  const values: Array<string | Uint8Array> = [];
  const lengths: number[] = [];
  await eachValue(connection, from, TRIED, (value) => {
    if (value instanceof Float64Array) lengths.push(value.length);
    else if (value !== null) values.push(value.slice(0, HEAD));
  });
  if (lengths.length > 0) {
    const image = kind === 'vector' || shape === undefined ? undefined : imageOf(shape);
    return image ?? learnVectors(connection, from, lengths);
  }
  if (kind === 'image' || (kind === undefined && areImages(values))) return { kind: 'image', form: 'bytes' };
  const texts = values.filter((value) => typeof value === 'string');
  return kind === 'text' || (kind === undefined && isText(texts)) ? learnTexts(connection, from) : undefined;
}

async function learnTexts(connection: DuckDBConnection, from: From): Promise<Recipe> {
  const vocabulary = vocabularyMaker();
  await eachValue(connection, from, ROWS.text, (text, place) => {
    if (typeof text === 'string' && learntFrom(place)) vocabulary.add(text);
  });
  return { kind: 'text', vocabulary: vocabulary.made() };
}

async function learnVectors(
  connection: DuckDBConnection,
  from: From,
  lengths: readonly number[],
): Promise<Recipe> {
  const counts = new Map<number, number>();
  for (const one of lengths) counts.set(one, (counts.get(one) ?? 0) + 1);
  const [usual] = [...counts].toSorted((a, b) => b[1] - a[1]);
  const width = usual![0];
  if (width === 0 || usual![1] < USUAL * lengths.length)
    return { kind: 'vector', width: null, mean: '', components: '' };
  const rows: Float64Array[] = [];
  const most = Math.min(LEARNT_ROWS, Math.max(1, Math.floor(LEARNT_NUMBERS / width)));
  await eachValue(connection, from, 2 * most, (vector, place) => {
    if (
      learntFrom(place) &&
      vector instanceof Float64Array &&
      vector.length === width &&
      vector.every(Number.isFinite)
    )
      rows.push(vector);
  });
  return learnVector(rows, width);
}
