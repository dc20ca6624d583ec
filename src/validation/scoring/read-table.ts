import { invalid, tooLarge, type TreadleError } from '../../platform/errors/index.ts';
import type { Fault, Outcome } from '../../tables/index.ts';
import { nearest } from '../../rules/index.ts';
import { isPlain, type Column, type ColumnInfo } from './column.ts';
import { parsed, type Parse } from './parse-cells.ts';
import type { AskedColumn, Part, TableFacts } from './questions.ts';

/** What is wanted of a column: its values, the characters of the file, or what they say as a number, a truth value or a moment. */
export type As = 'value' | 'text' | Parse;

/** How a column that is read in some way is called among the columns read. */
export const keyOf = (name: string, as: As): string => (as === 'value' ? name : `${name}\0${as}`);
function asked(key: string): { name: string; as: As } {
  const at = key.lastIndexOf('\0');
  // Made by `keyOf` alone.
  return at < 0 ? { name: key, as: 'value' } : { name: key.slice(0, at), as: key.slice(at + 1) as As };
}

/** The gate's data, opened: facts of all columns, and values of those asked for. */
export interface Table extends TableFacts {
  /** The column, or an error that says what is there instead. */
  info(name: string, field: string, why?: string): ColumnInfo;
  /** By name, or by `keyOf` where they are wanted in another way than as values. */
  read(keys: readonly string[]): Promise<Map<string, Column>>;
}

/** Who looks into the files: a table reader, asked through the server. One question at a time. */
export interface Teller {
  facts(exact: readonly string[]): Promise<Outcome<TableFacts>>;
  /** Hands over parts as they come, and answers with the number of rows. */
  columns(asked: readonly AskedColumn[], take: (part: Part) => void): Promise<Outcome<number>>;
}

const MOST_ROWS = 20_000_000;

/** `exact`: columns whose different values are counted exactly. */
export async function openTable(teller: Teller, exact: readonly string[] = []): Promise<Table> {
  const { rows, columns } = answerOf(await teller.facts(exact));
  if (rows > MOST_ROWS)
    throw tooLarge(`the gate’s data has ${rows.toLocaleString('en')} rows`, {
      field: 'data',
      hint: `judge on a sample: ${MOST_ROWS.toLocaleString('en')} rows at most`,
    });
  const table: Table = {
    rows,
    columns,
    info(name, field, why = '') {
      const found = columns.find((one) => one.name === name);
      if (found) return found;
      const names = columns.map((one) => one.name);
      const near = nearest(name, names);
      throw invalid(`the gate’s data has no column '${name}'${why}`, {
        field,
        hint:
          near === undefined
            ? `add it, or name another; there are ${listed(names)}`
            : `did you mean '${near}'? There are ${listed(names)}`,
      });
    },
    async read(keys) {
      const wanted = [...new Set(keys)].map((key) => ({ key, ...asked(key) }));
      if (wanted.length === 0) return new Map();
      const read = wanted.map(({ name, as }): Column => {
        const info = table.info(name, 'data');
        return empty(as === 'value' ? info : { ...info, kind: 'text' }, rows);
      });
      const told = await teller.columns(
        wanted.map(({ name, as }) => ({ name, spelled: as !== 'value' })),
        (part) => put(read[part.column]!, part),
      );
      // The files never change: anything else is a fault of ours, and gaps would look like missing values.
      if (answerOf(told) !== rows) throw new Error('the columns have another number of rows than the table');
      for (const column of read) requireExact(column);
      return new Map(
        wanted.map(({ key, as }, i) => [
          key,
          as === 'value' || as === 'text' ? read[i]! : parsed(read[i]!, as),
        ]),
      );
    },
  };
  return table;
}

function empty(info: ColumnInfo, rows: number): Column {
  return isPlain(info.kind)
    ? { ...info, numbers: new Float64Array(rows) }
    : { ...info, codes: new Int32Array(rows), words: [] };
}

function put(column: Column, { row, doubles, codes, words }: Part): void {
  if (doubles !== undefined && column.numbers) fill(column.numbers, row, doubles);
  if (codes !== undefined && column.codes) fill(column.codes, row, codes);
  if (!words || !column.words) return;
  column.words.length = words.before;
  for (const word of words.more) column.words.push(word);
}

function fill(values: Float64Array | Int32Array, row: number, base64: string): void {
  const at = values.byteOffset + row * values.BYTES_PER_ELEMENT;
  Buffer.from(values.buffer, at, values.byteLength - row * values.BYTES_PER_ELEMENT).write(base64, 'base64');
}

function requireExact({ name, kind, numbers }: Column): void {
  if (kind !== 'integer' || !numbers) return;
  if (numbers.some((value) => Math.abs(value) > Number.MAX_SAFE_INTEGER))
    throw invalid(`column '${name}' holds whole numbers beyond 2^53, which would lose digits`, {
      field: 'data',
      hint: 'keep such numbers as text, or leave the column out',
    });
}

function answerOf<Answer>(outcome: Outcome<Answer>): Answer {
  if ('fault' in outcome) throw refused(outcome.fault);
  return outcome.answer;
}

/** Why the gate's data cannot be read, as one of our errors. */
function refused({ code, message, hint, field = 'data' }: Fault): TreadleError {
  if (code === 'memory')
    return tooLarge('the gate’s data needs more memory to read than it may have', {
      field,
      hint: 'judge on a sample, or on fewer columns',
    });
  if (code === 'timeout') return tooLarge(message, { field, hint: 'judge on a sample' });
  return invalid(`the gate’s data cannot be read: ${message.slice(0, 1000)}`, {
    field,
    hint: hint ?? 'the file is not what its name says, or it is damaged',
  });
}

export const listed = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')} and ${names.length - 12} more`;

/** The value of a row as people write it: what slices and classes are called. */
export function textOf(column: Column, row: number): string | undefined {
  const { numbers, codes, words, kind } = column;
  if (numbers) {
    const value = numbers[row]!;
    if (Number.isNaN(value)) return undefined;
    return kind === 'boolean' ? String(value === 1) : String(value);
  }
  const code = codes![row]!;
  return code < 0 ? undefined : words![code];
}
