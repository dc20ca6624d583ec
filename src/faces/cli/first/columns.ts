import type { ColumnProfile } from '../../../data/contract.ts';
import { invalid } from '../../../platform/errors/index.ts';
import { nearest } from '../../../rules/index.ts';

/** What a first project makes of the columns of a table. */
export interface Columns {
  task: 'binary' | 'multiclass' | 'regression';
  numbers: string[];
  words: string[];
  /** Columns of texts, whatever becomes of them: `01234` is no number, and `NA` no gap. */
  texts: string[];
  /** Columns that no model learns from at first, and why. */
  out: Array<{ name: string; why: string }>;
}

/** Columns that a person names. */
export interface Named {
  label: string;
  time?: string;
  group: readonly string[];
  key: readonly string[];
}

const NUMBER = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*|BOOLEAN)$/;
const WHOLE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/;
const WHEN = /^(DATE|TIME.*)$/;
/** Lists, objects and bytes: neither a number nor a word. */
const NESTED = /\]$|^(STRUCT|MAP|UNION|JSON|BLOB)/;
/** Floats tell whole numbers apart up to here, and a model takes floats. */
const EXACT = 2 ** 53;
/** A whole number that takes no more values than this names classes, such as stars; one with more is an amount. */
const MOST_CLASSES_OF_NUMBERS = 20;
const MOST_CLASSES = 100;
/** Of words of which most occur once, nothing can be learnt by what they are. */
const MOST_OF_ROWS = 0.5;
const FEW_WORDS = 50;
/** Fewer whole numbers are one after the other by chance. */
const MANY = 50;

/** Decides by a table's profile; refuses a label that cannot be learnt. */
export function chooseColumns(profile: readonly ColumnProfile[], rows: number, named: Named): Columns {
  const of = (name: string, field: string): ColumnProfile => {
    const found = profile.find((column) => column.name === name);
    if (found) return found;
    const names = profile.map((column) => column.name);
    const meant = nearest(name, names);
    throw invalid(`the data has no column '${name}'`, {
      field,
      hint:
        meant === undefined
          ? `it has ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`
          : `did you mean ${meant}?`,
    });
  };
  const label = of(named.label, 'label');
  for (const name of named.key) of(name, 'key');
  for (const name of named.group) of(name, 'group');
  if (named.time !== undefined) of(named.time, 'time');
  const task = taskOf(label);
  const aside = new Map([
    ...named.key.map((name) => [name, 'it says which row this is'] as const),
    ...named.group.map((name) => [name, 'it says whose row this is'] as const),
    ...(named.time === undefined ? [] : [[named.time, 'it says when'] as const]),
  ]);
  if (aside.has(named.label))
    throw invalid(`'${named.label}' cannot be the label and say which row it is, whose or when`, {
      field: 'label',
      hint: 'name another column',
    });
  const texts = profile.filter(({ type }) => type === 'VARCHAR').map(({ name }) => name);
  const columns: Columns = { task, numbers: [], words: [], texts, out: [] };
  for (const column of profile) {
    if (column.name === named.label) continue;
    const why = aside.get(column.name) ?? whyOut(column, rows);
    if (why !== undefined) columns.out.push({ name: column.name, why });
    else (NUMBER.test(column.type) ? columns.numbers : columns.words).push(column.name);
  }
  if (columns.numbers.length + columns.words.length === 0)
    throw invalid(`besides '${named.label}' no column is left to learn from`, {
      field: 'label',
      hint: columns.out.map(({ name, why }) => `${name}: ${why}`).join('; ') || 'the table has one column',
    });
  return columns;
}

function taskOf(label: ColumnProfile): Columns['task'] {
  const { name, type, distinct } = label;
  if (distinct < 2)
    throw invalid(`the column '${name}' has ${distinct === 0 ? 'no value' : 'the same value in every row'}`, {
      field: 'label',
      hint: 'name the column that holds what is to be predicted',
    });
  if (WHEN.test(type))
    throw invalid(`the column '${name}' holds times`, {
      field: 'label',
      hint: 'a model learns classes or numbers: make a column of the hours or days until then',
    });
  if (distinct === 2) return 'binary';
  if (NUMBER.test(type) && !(WHOLE.test(type) && distinct <= MOST_CLASSES_OF_NUMBERS)) return 'regression';
  if (distinct > MOST_CLASSES)
    throw invalid(`the column '${name}' has ${distinct.toLocaleString('en')} different texts`, {
      field: 'label',
      hint: `classes are at most ${MOST_CLASSES}; is it a number with another sign for what is missing?`,
    });
  return 'multiclass';
}

function whyOut(column: ColumnProfile, rows: number): string | undefined {
  const { type, distinct, nulls } = column;
  if (distinct === 0) return 'it is empty';
  if (NESTED.test(type)) return 'it holds lists or objects: make columns of what matters of them, in prep.py';
  if (distinct === 1 && nulls === 0) return 'it has the same value in every row';
  if (WHEN.test(type))
    return 'it is a time: make numbers of what matters of it, such as its month, in prep.py';
  if (WHOLE.test(type) && numbersRows(column, rows)) return 'it numbers the rows';
  if (WHOLE.test(type) && largest(column) > EXACT)
    return 'its numbers are too long for a model to tell apart: make texts of them, in prep.py, where they are names';
  if (!NUMBER.test(type) && distinct > Math.max(FEW_WORDS, MOST_OF_ROWS * rows))
    return `nearly every row has its own (${distinct.toLocaleString('en')} of ${rows.toLocaleString('en')})`;
  return undefined;
}

/** Each row has its own, as far as is known of so many; and they are one after the other, or the name says what they are. */
function numbersRows(
  { name, distinct, distinct_error = 0, nulls, min, max }: ColumnProfile,
  rows: number,
): boolean {
  if (nulls > 0 || distinct + distinct_error < rows) return false;
  const counted =
    rows >= MANY && min !== undefined && max !== undefined && Number(max) - Number(min) === rows - 1;
  return counted || /(^|[^a-z])(id|key|no|nr|number)$/i.test(name) || /[a-z](Id|ID)$/.test(name);
}

const largest = ({ min = '0', max = '0' }: ColumnProfile): number => Math.max(-Number(min), Number(max));
