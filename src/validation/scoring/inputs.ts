import { invalid } from '../../platform/errors/index.ts';
import type { Datatype, ModelSpec, Tensor, TensorSpec } from '../../runtimes/index.ts';
import type { Column, ColumnInfo } from './column.ts';
import { keyOf, listed, type As, type Table } from './read-table.ts';

/** How a model's inputs are filled from the table's columns. */
export interface Feed {
  /** Keys of the columns that it is filled from. */
  columns: string[];
  /** Rows `from` to `to` as tensors, in the order of the model's inputs. */
  slice(columns: ReadonlyMap<string, Column>, from: number, to: number): Array<Tensor | undefined>;
}

const FLOATS = new Set<Datatype>(['FP16', 'FP32', 'FP64']);

/** Matches the model's inputs with columns; every misfit is said before anything is scored. */
export function planFeed(
  spec: ModelSpec,
  table: Table,
  { label, besides, who }: { label: string; besides: ReadonlySet<string>; who: string },
): Feed {
  if (spec.inputs.length === 0)
    throw invalid(`${who} does not say what it takes`, {
      field: 'version',
      hint: 'log it with a signature: mlflow.models.infer_signature(inputs, outputs)',
    });
  if (spec.inputs.some(({ name }) => name === label))
    throw invalid(`${who} takes the label '${label}' as an input: it would be told the answer`, {
      field: 'label',
      hint: 'train without that column, or name another label',
    });
  const [only] = spec.inputs;
  if (spec.inputs.length === 1 && only && isMatrix(only, table))
    return matrix(only, table, label, besides, who);
  const parts = spec.inputs.map((input) => {
    const there = table.columns.some(({ name }) => name === input.name);
    if (!there && input.optional === true) return undefined;
    const info = table.info(input.name, 'data', `, which ${who} takes`);
    const gaps = takesGaps(spec, input);
    return { input, gaps, key: keyOf(info.name, check(info, input, who, gaps)) };
  });
  return {
    columns: parts.flatMap((part) => part?.key ?? []),
    slice: (columns, from, to) =>
      parts.map((part) =>
        part
          ? {
              name: part.input.name,
              datatype: part.input.datatype,
              shape: part.input.shape.length === 2 ? [to - from, 1] : [to - from],
              data: fill(columns.get(part.key)!, part.input.datatype, from, to, part.gaps),
            }
          : undefined,
      ),
  };
}

/** Whether a value may be missing: a float may, and a text where the signature says so; the graph of a model has no such text. */
const takesGaps = ({ platform }: ModelSpec, { datatype, column, optional }: TensorSpec): boolean =>
  FLOATS.has(datatype) || (platform === 'mlflow_pyfunc' && column === 'string' && optional === true);

/** One input of several numbers a row, which no column of the table is named like. */
const isMatrix = (input: TensorSpec, table: Table): boolean =>
  input.column === undefined &&
  input.shape.length === 2 &&
  !table.columns.some(({ name }) => name === input.name);

function matrix(
  input: TensorSpec,
  table: Table,
  label: string,
  besides: ReadonlySet<string>,
  who: string,
): Feed {
  const columns = table.columns.filter(({ name }) => name !== label && !besides.has(name));
  const width = input.shape[1]!;
  if (width !== -1 && width !== columns.length)
    throw invalid(
      `${who} takes ${width} numbers a row without naming them, and the gate’s data has ${columns.length} columns beside the label: ${listed(columns.map(({ name }) => name))}`,
      { field: 'data', hint: 'log the model with a signature that names its columns' },
    );
  const keys = columns.map((info) => keyOf(info.name, check(info, input, who, FLOATS.has(input.datatype))));
  const wide = columns.length;
  return {
    columns: keys,
    slice(read, from, to) {
      const rows = to - from;
      const parts = keys.map((key) => read.get(key)!.numbers!);
      const all = Float64Array.from(
        { length: rows * wide },
        (_one, i) => parts[i % wide]![from + Math.floor(i / wide)]!,
      );
      return [
        { name: input.name, datatype: input.datatype, shape: [rows, wide], data: cast(all, input.datatype) },
      ];
    },
  };
}

/**
 * Whether a column can be what the model takes, and how it is read for that. The cells of a text file are what the signature says
 * of them: a text is the very characters, whatever they look like.
 */
function check(info: ColumnInfo, input: TensorSpec, who: string, gaps: boolean): As {
  const { name, kind, type, missing } = info;
  const wanted = input.column ?? input.datatype;
  const as = readAs(info, input);
  if (as === undefined)
    throw invalid(`column '${name}' holds ${type}, and ${who} takes ${wanted} there`, {
      field: 'data',
      hint: `write the column as ${wanted}, as it was in training`,
    });
  // A quoted nothing is a text, and a gap among numbers: what was read as text says which.
  const known = as !== 'text' || kind === 'text';
  if (known && missing > 0 && !gaps) throw noValue(name, missing, wanted);
  return as;
}

function readAs({ kind, spelled = false }: ColumnInfo, { datatype, column }: TensorSpec): As | undefined {
  if (datatype === 'BYTES') {
    if (column === 'datetime') return kind === 'time' ? 'value' : kind === 'text' ? 'moment' : undefined;
    return spelled ? 'text' : kind === 'text' || kind === 'time' ? 'value' : undefined;
  }
  const words = spelled && kind === 'text';
  if (datatype === 'BOOL') return kind === 'boolean' ? 'value' : words ? 'flag' : undefined;
  if (kind === 'number' || kind === 'integer' || (kind === 'boolean' && FLOATS.has(datatype))) return 'value';
  return words ? 'number' : undefined;
}

const noValue = (name: string, missing: number, wanted: string): Error =>
  invalid(
    `column '${name}' has no value in ${missing.toLocaleString('en')} ${missing === 1 ? 'row' : 'rows'}, and ${wanted} has no missing value`,
    {
      field: 'data',
      hint: `fill the gaps as in training, or give the model a column ${wanted === 'string' ? 'whose signature says required=False' : 'of type double'}`,
    },
  );

function fill(column: Column, datatype: Datatype, from: number, to: number, gaps: boolean): Tensor['data'] {
  const { numbers, codes, words } = column;
  if (numbers) return cast(numbers.subarray(from, to), datatype, column.name);
  return Array.from(codes!.subarray(from, to), (code) => {
    if (code < 0 && gaps) return null;
    if (code < 0) throw noValue(column.name, codes!.filter((one) => one < 0).length, 'such an input');
    return words![code]!;
  });
}

/** A copy as the model's own type. */
function cast(values: Float64Array, datatype: Datatype, name?: string): Tensor['data'] {
  if (!FLOATS.has(datatype) && datatype !== 'BOOL') {
    const odd = values.findIndex((value) => !Number.isInteger(value));
    if (odd >= 0)
      throw invalid(
        `column '${name ?? ''}' holds ${values[odd]}, and the model takes whole numbers (${datatype})`,
        {
          field: 'data',
          hint: 'write the column as whole numbers, as it was in training',
        },
      );
  }
  const cast = casted(values, datatype);
  if (!FLOATS.has(datatype) && datatype !== 'INT64' && datatype !== 'UINT64') {
    const beyond = values.findIndex((value, i) => cast[i] !== value);
    if (beyond >= 0)
      throw invalid(`column '${name ?? ''}' holds ${values[beyond]}, which does not fit into ${datatype}`, {
        field: 'data',
        hint: 'give the model a wider type, or judge on rows like those of training',
      });
  }
  return cast;
}

function casted(values: Float64Array, datatype: Datatype): Tensor['data'] {
  switch (datatype) {
    case 'FP64':
      return values.slice();
    case 'FP32':
      return Float32Array.from(values);
    case 'FP16':
      return new Uint16Array(Float16Array.from(values).buffer);
    case 'INT64':
      return BigInt64Array.from(values, BigInt);
    case 'UINT64':
      return BigUint64Array.from(values, BigInt);
    case 'INT32':
      return Int32Array.from(values);
    case 'UINT32':
      return Uint32Array.from(values);
    case 'INT16':
      return Int16Array.from(values);
    case 'UINT16':
      return Uint16Array.from(values);
    case 'INT8':
      return Int8Array.from(values);
    case 'UINT8':
    case 'BOOL':
      return Uint8Array.from(values);
    case 'BYTES':
      throw new Error('text is not cast from numbers');
  }
}
