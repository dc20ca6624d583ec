import { invalid } from '../../platform/errors/index.ts';
import type { Task } from '../contract.ts';
import type { Column } from './column.ts';
import { listed, textOf } from './read-table.ts';

/** The truth, as the metrics take it. */
export type Label =
  | { task: 'binary'; classes: [string, string]; codes: Uint8Array }
  | { task: 'multiclass'; classes: string[]; codes: Uint32Array }
  | { task: 'regression'; values: Float64Array };

export interface LabelQuestion {
  task?: Task | undefined;
  positive?: string | undefined;
  /** The model's answers look like classes: whole numbers or text, or three and more columns of probabilities. */
  classes: boolean;
}

const MOST_CLASSES = 1000;

/** Reads the label column: which task it is, and what each row's truth is. */
export function readLabel(column: Column, { task, positive, classes }: LabelQuestion): Label {
  const { name, kind } = column;
  if (kind === 'time' || kind === 'other')
    throw invalid(`column '${name}' holds ${column.type}, which is no label`, {
      field: 'label',
      hint: 'a label is a number, true and false, or text',
    });
  const rows = column.numbers?.length ?? column.codes!.length;
  noGaps(column, rows);
  const found = distinctOf(column, rows);
  const decided = task ?? (positive === undefined ? undefined : 'binary') ?? guess(column, found, classes);
  if (decided === 'regression') {
    if (!column.numbers || kind === 'boolean')
      throw invalid(`column '${name}' holds ${kind}, and regression needs numbers`, {
        field: 'label',
        hint: 'say task: binary or multiclass, or name another column',
      });
    const wild = column.numbers.findIndex((value) => !Number.isFinite(value));
    if (wild >= 0)
      throw invalid(`column '${name}' is infinite at row ${wild}`, {
        field: 'label',
        hint: 'leave such rows out',
      });
    return { task: 'regression', values: column.numbers };
  }
  if (!found)
    throw invalid(`column '${name}' has more than ${MOST_CLASSES} values, too many to be classes`, {
      field: 'label',
      hint: 'say task: regression, or name another column',
    });
  if (found.length === 1)
    throw invalid(`column '${name}' holds one class only: every row is '${found[0]}'`, {
      field: 'label',
      hint: 'judge on data that has rows of every class',
    });
  if (decided === 'binary') return binary(column, found, positive, rows);
  const codes = new Map(found.map((text, code) => [text, code]));
  return { task: 'multiclass', classes: found, codes: coded(column, codes, new Uint32Array(rows)) };
}

function binary(column: Column, found: readonly string[], positive: string | undefined, rows: number): Label {
  if (found.length > 2)
    throw invalid(
      `column '${column.name}' has ${found.length} values (${listed(found)}), and binary means two`,
      {
        field: 'label',
        hint: 'say task: multiclass or regression, or name another column',
      },
    );
  const [a, b] = [found[0]!, found[1]!];
  const one = positive === undefined ? ordinary(column, a, b) : spelt(column, found, positive);
  if (one === undefined)
    throw invalid(
      positive === undefined
        ? `column '${column.name}' holds '${a}' and '${b}', and nothing says which of them counts as 1`
        : `column '${column.name}' holds '${a}' and '${b}', not '${positive}'`,
      { field: 'positive', hint: `say which: positive: ${a}, or positive: ${b}` },
    );
  const other = one === a ? b : a;
  const codes = new Map([
    [other, 0],
    [one, 1],
  ]);
  return { task: 'binary', classes: [other, one], codes: coded(column, codes, new Uint8Array(rows)) };
}

/** 1 and true count as 1 without a word; so do the usual pairs of text. */
function ordinary({ kind }: Column, a: string, b: string): string | undefined {
  if (kind === 'boolean') return 'true';
  if (kind !== 'text') return a === '0' && b === '1' ? '1' : a === '-1' && b === '1' ? '1' : undefined;
  const usual = new Set(['1', 'true', 'yes', 'y', 't']);
  const ones = [a, b].filter((text) => usual.has(text.toLowerCase()));
  return ones.length === 1 ? ones[0] : undefined;
}

/** As it is spelt in the data: `1` means 1.0, `True` means true. */
function spelt(column: Column, found: readonly string[], positive: string): string | undefined {
  if (found.includes(positive)) return positive;
  const low = positive.toLowerCase();
  if (column.kind === 'boolean')
    return low === '1' ? 'true' : low === '0' ? 'false' : found.find((one) => one === low);
  if (column.numbers && positive.trim() !== '') {
    if (low === 'true') return found.find((one) => one === '1');
    return found.find((one) => Number(one) === Number(positive));
  }
  const alike = found.filter((one) => one.toLowerCase() === low);
  return alike.length === 1 ? alike[0] : undefined;
}

function guess(column: Column, found: readonly string[] | undefined, classes: boolean): Task {
  if (!found) return column.numbers ? 'regression' : 'multiclass';
  if (column.kind === 'boolean') return 'binary';
  if (column.kind === 'text') return found.length <= 2 ? 'binary' : 'multiclass';
  const bits = found.every((text) => text === '0' || text === '1');
  if (bits) return 'binary';
  if (!classes) return 'regression';
  return found.length <= 2 ? 'binary' : 'multiclass';
}

function noGaps(column: Column, rows: number): void {
  if (column.missing === 0) return;
  let first = 0;
  while (first < rows && textOf(column, first) !== undefined) first++;
  throw invalid(
    `column '${column.name}' has no value (NaN or null) in ${column.missing.toLocaleString('en')} of ${rows.toLocaleString('en')} rows; the first is row ${first}`,
    { field: 'label', hint: 'judge only on rows whose label is known' },
  );
}

/** Different values in their order: numbers by size, text by its letters, as scikit-learn sorts classes. */
function distinctOf(column: Column, rows: number): string[] | undefined {
  const { numbers, words, codes } = column;
  if (numbers) {
    const seen = new Set<number>();
    for (let row = 0; row < rows; row++) {
      seen.add(numbers[row]!);
      if (seen.size > MOST_CLASSES) return undefined;
    }
    const sorted = [...seen].toSorted((a, b) => a - b);
    return sorted.map((value) => (column.kind === 'boolean' ? String(value === 1) : String(value)));
  }
  const used = new Set(codes);
  used.delete(-1);
  if (used.size > MOST_CLASSES) return undefined;
  return [...used].map((code) => words![code]!).toSorted();
}

function coded<T extends Uint8Array | Uint32Array>(
  column: Column,
  codes: ReadonlyMap<string, number>,
  into: T,
): T {
  for (let row = 0; row < into.length; row++) into[row] = codes.get(textOf(column, row)!)!;
  return into;
}
