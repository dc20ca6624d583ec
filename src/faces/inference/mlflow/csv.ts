import { isUtf8 } from 'node:buffer';
import { invalid, type TreadleError } from '../../../platform/errors/index.ts';
import type { TensorSpec } from '../../../runtimes/index.ts';
import { splitCsv } from '../../../tables/csv-records.ts';
import type { Frame } from './frame.ts';

/** What pandas takes for a missing value. */
const MISSING = new Set(
  ' #N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null'
    .trim()
    .split('|')
    .concat(''),
);
const BOOLEAN = new Map([
  ['1', true],
  ['0', false],
  ['True', true],
  ['TRUE', true],
  ['true', true],
  ['False', false],
  ['FALSE', false],
  ['false', false],
]);

/** A table with a header, as `DataFrame.to_csv(index=False)` writes it, with types by the signature. */
export function fromCsv(body: Buffer, specs: readonly TensorSpec[]): Frame {
  if (!isUtf8(body)) throw bad('Ensure that input is a valid UTF-8 encoded string.');
  const { records, endless } = splitCsv(body.toString('utf8').replace(/^\ufeff/, ''), ',');
  if (endless !== undefined) throw bad(`EOF inside string starting at row ${endless}`);
  const [header, ...rows] = records;
  if (!header) throw bad('No columns to parse from file');
  const wrong = rows.findIndex((row) => row.length > header.length);
  if (wrong >= 0)
    throw bad(`Expected ${header.length} fields in line ${wrong + 2}, saw ${rows[wrong]?.length}`);
  const types = new Map(specs.map((spec) => [spec.name, spec]));
  const byName = header.some((name) => types.has(name));
  const typed = header.map((name, at) => (byName ? types.get(name) : specs[at])?.datatype);
  const columns = new Map<string, unknown[]>();
  for (const [at, name] of header.entries()) {
    if (columns.has(name)) throw bad(`the column '${name}' is there twice`, name);
    columns.set(
      name,
      rows.map((row) => read(row[at] ?? '', typed[at], name)),
    );
  }
  return { names: header, numbered: false, columns, rows: rows.length };
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** A number as a file has it: decimal digits and Python's words. `0x10` is none, whatever JavaScript says. */
function numberOf(text: string): number | undefined {
  if (DECIMAL.test(text)) return Number(text);
  const [, sign] = INFINITE.exec(text) ?? [];
  return sign === undefined ? undefined : sign === '-' ? -Infinity : Infinity;
}

function read(cell: string, datatype: TensorSpec['datatype'] | undefined, name: string): unknown {
  if (MISSING.has(cell)) return null;
  if (datatype === 'BYTES' || datatype === undefined) return cell;
  if (datatype === 'BOOL') {
    const value = BOOLEAN.get(cell.trim());
    if (value === undefined)
      throw bad(`could not convert '${cell.slice(0, 40)}' in column '${name}' to bool`, name);
    return value;
  }
  const text = cell.trim();
  if (/^[+-]?\d+$/.test(text)) {
    const value = Number(text);
    return Number.isSafeInteger(value) || text.length > 40 ? value : BigInt(text.replace('+', ''));
  }
  const value = numberOf(text);
  // Said here, for the cast would read more than pandas does in a file: `1_000`.
  if (value === undefined)
    throw bad(`could not convert string to float: '${cell.slice(0, 40)}' in column '${name}'`, name);
  if (/^(INT|UINT)/.test(datatype))
    throw bad(`invalid literal for int(): '${cell.slice(0, 40)}' in column '${name}'`, name);
  return value;
}

const bad = (why: string, field = 'body'): TreadleError =>
  invalid(
    `Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid CSV-formatted Pandas DataFrame produced using the \`pandas.DataFrame.to_csv()\` method. Error: '${why}'`,
    { field },
  );
