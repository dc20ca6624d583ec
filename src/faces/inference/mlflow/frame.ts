import { invalid } from '../../../platform/errors/index.ts';
import { isObject, kindOf } from '../shared/json.ts';

/** A table as a caller sent it: values of JSON, CSV or Parquet, by column. */
export interface Frame {
  /** In order; equal names are refused. Numbered columns have the names 0, 1, 2 … and `numbered`. */
  names: readonly string[];
  numbered: boolean;
  columns: ReadonlyMap<string, readonly unknown[]>;
  rows: number;
  /** numpy's types of the columns, where the form says them (Parquet): MLflow then only widens, and never casts. */
  dtypes?: ReadonlyMap<string, string>;
}

/** What a body holds: a table, or arrays as they were nested. */
export type Given =
  | { kind: 'frame'; frame: Frame }
  | { kind: 'arrays'; named: ReadonlyMap<string, unknown> }
  | { kind: 'array'; value: unknown };

const bad = (message: string, field: string, hint?: string) =>
  invalid(`Invalid input. ${message}`, hint === undefined ? { field } : { field, hint });

/** pandas' split form: {columns, data, index}. */
export function fromSplit(split: unknown): Frame {
  const field = 'dataframe_split';
  if (!isObject(split))
    throw bad(`Dataframe split format must be a dictionary. Got ${kindOf(split)}.`, field);
  const { columns, data, index } = split;
  const extra = Object.keys(split).filter((key) => !['columns', 'data', 'index'].includes(key));
  if (data === undefined || extra.length > 0)
    throw bad(
      `Dataframe split format must have 'data' field and optionally 'columns' and 'index' fields. Got [${Object.keys(split).join(', ')}].`,
      `${field}.${extra[0] ?? 'data'}`,
    );
  if (!Array.isArray(data))
    throw bad(`dataframe_split.data must be a list of rows, not ${kindOf(data)}.`, field);
  if (columns !== undefined && columns !== null && !Array.isArray(columns))
    throw bad(`dataframe_split.columns must be a list of names, not ${kindOf(columns)}.`, field);
  if (index !== undefined && index !== null && (!Array.isArray(index) || index.length !== data.length))
    throw bad(`dataframe_split.index must be a list of ${data.length} labels, one a row.`, field);
  const rows = data.map(rowOf);
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const names = Array.isArray(columns) ? columns.map(nameOf) : undefined;
  if (names && rows.length > 0 && width !== names.length)
    throw bad(`${names.length} columns passed, passed data had ${width} columns.`, `${field}.data`);
  return byRows(names, rows, width);
}

const rowOf = (row: unknown): unknown[] => (Array.isArray(row) ? row : [row]);

const nameOf = (name: unknown, index: number): string => {
  if (typeof name === 'string') return name;
  if (typeof name === 'number' || typeof name === 'bigint') return String(name);
  throw bad(
    `dataframe_split.columns[${index}] must be a name, not ${kindOf(name)}.`,
    'dataframe_split.columns',
  );
};

export function byRows(
  names: readonly string[] | undefined,
  rows: readonly unknown[][],
  width: number,
): Frame {
  const used = names ?? Array.from({ length: width }, (_, index) => String(index));
  const columns = new Map<string, unknown[]>();
  for (const [at, name] of used.entries()) {
    if (columns.has(name)) throw bad(`the column '${name}' is there twice.`, name);
    columns.set(
      name,
      rows.map((row) => row[at] ?? null),
    );
  }
  return { names: used, numbered: names === undefined, columns, rows: rows.length };
}

/** pandas' records form: [{column: value}]; what a record leaves out is missing. */
export function fromRecords(records: unknown, field: string): Frame {
  if (!Array.isArray(records))
    throw bad(`Dataframe records format must be a list of records. Got ${kindOf(records)}.`, field);
  if (records.length > 0 && !records.some(isObject))
    return byRows(
      undefined,
      records.map(rowOf),
      records.reduce<number>((most, row) => Math.max(most, Array.isArray(row) ? row.length : 1), 0),
    );
  const columns = new Map<string, unknown[]>();
  for (const [at, record] of records.entries()) {
    if (!isObject(record))
      throw bad(
        `${field}[${at}] must be a record {column: value}, not ${kindOf(record)}.`,
        `${field}[${at}]`,
      );
    for (const [name, value] of Object.entries(record)) {
      let column = columns.get(name);
      if (!column) columns.set(name, (column = Array.from({ length: records.length }, () => null)));
      column[at] = value;
    }
  }
  return { names: [...columns.keys()], numbered: false, columns, rows: records.length };
}

/** `instances` and `inputs`: rows, columns, or arrays, as TensorFlow Serving has them. */
export function fromArrays(value: unknown, field: 'instances' | 'inputs'): Given {
  if (isObject(value)) {
    const named = new Map(Object.entries(value));
    return { kind: 'arrays', named };
  }
  if (!Array.isArray(value) || value.length === 0 || !isObject(value[0])) return { kind: 'array', value };
  if (field === 'inputs') return { kind: 'frame', frame: fromRecords(value, field) };
  // Rows of named tensors: each becomes one array with a further dimension.
  const frame = fromRecords(value, field);
  for (const [at, row] of value.entries())
    for (const name of frame.names)
      if (!isObject(row) || !Object.hasOwn(row, name))
        throw bad(
          `The length of values for each input/column name are not the same: instances[${at}] has no '${name}'.`,
          `instances[${at}].${name}`,
        );
  return { kind: 'arrays', named: frame.columns };
}
