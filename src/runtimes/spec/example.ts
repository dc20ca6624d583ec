import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Datatype, Tensor, TensorSpec } from '../tensor.ts';
import { sizeOf } from './describe.ts';
import { allocate, allocateNumbers, asHalf, elements } from './element.ts';

const LARGEST = 8 * 1024 * 1024;
/** A sample warms and proves; it is no load test. */
const MOST_ROWS = 32;

/** The JSON of a model's input example, or undefined where there is none that can be read. */
export async function readExample(folder: string, files: readonly string[]): Promise<unknown> {
  for (const file of files) {
    try {
      const at = path.join(folder, file);
      if ((await sizeOf(at)) > LARGEST) continue;
      return parse(await readFile(at, 'utf8'));
    } catch {
      continue; // an example is a help, never a condition
    }
  }
  return undefined;
}

/** Python's json writes NaN and Infinity as bare words. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.replaceAll(/(?<=[[,:\s])-?(?:NaN|Infinity)(?=[\],}\s])/g, 'null'));
  }
}

/**
 * The example as tensors of the spec, in any of the forms MLflow has saved it in over the years: a scoring request
 * (`dataframe_split`, `dataframe_records`, `inputs`, `instances`), the bare split form, a list of rows, a map of columns, a bare
 * array. Undefined where it does not fit the spec.
 */
export function exampleTensors(example: unknown, specs: readonly TensorSpec[]): Tensor[] | undefined {
  if (specs.length === 0 || example === undefined || example === null) return undefined;
  const body = unwrap(example);
  const made = specs.map((spec, index) => {
    const value = pick(body, spec, index, specs);
    return value === undefined ? undefined : toTensor(spec, value);
  });
  if (made.some((tensor) => tensor === undefined)) return undefined;
  const tensors = made.filter((tensor) => tensor !== undefined);
  const rows = new Set(specs.flatMap(({ shape }, i) => (shape[0] === -1 ? [tensors[i]?.shape[0]] : [])));
  return rows.size > 1 || rows.has(0) ? undefined : tensors;
}

type Body = { columns: readonly unknown[]; rows: readonly unknown[][] } | { value: unknown };

function unwrap(example: unknown): Body {
  if (!isMap(example)) return rowsOf(example);
  const split = isMap(example['dataframe_split']) ? example['dataframe_split'] : example;
  if (Array.isArray(split['data']) && Array.isArray(split['columns']))
    return { columns: split['columns'], rows: split['data'].filter(Array.isArray) };
  for (const key of ['dataframe_records', 'instances', 'inputs'])
    if (example[key] !== undefined) return rowsOf(example[key]);
  return { value: example };
}

/** A list of records is a table; anything else is left as it is. */
function rowsOf(value: unknown): Body {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isMap)) return { value };
  const columns = [...new Set(value.flatMap((row) => Object.keys(row)))];
  return { columns, rows: value.map((row) => columns.map((column) => row[column])) };
}

function pick(body: Body, spec: TensorSpec, index: number, specs: readonly TensorSpec[]): unknown {
  if ('columns' in body) {
    const at = body.columns.indexOf(spec.name);
    if (at >= 0) return body.rows.slice(0, MOST_ROWS).map((row) => row[at]);
    // One tensor over all columns: the frame as an array.
    if (specs.length === 1 && spec.column === undefined) return body.rows.slice(0, MOST_ROWS);
    return body.columns.length === specs.length && body.columns.every((one) => typeof one === 'number')
      ? body.rows.slice(0, MOST_ROWS).map((row) => row[index])
      : spec.optional
        ? missingColumn(spec, Math.min(body.rows.length, MOST_ROWS))
        : undefined;
  }
  const { value } = body;
  if (isMap(value)) {
    const own = value[spec.name];
    if (own === undefined) return undefined;
    return spec.column !== undefined && !Array.isArray(own) ? [own] : own;
  }
  if (specs.length === 1) return spec.shape.length === 0 || Array.isArray(value) ? value : [value];
  if (spec.column !== undefined && Array.isArray(value)) {
    const table = value.every(Array.isArray) ? value : [value];
    return table.slice(0, MOST_ROWS).map((row: unknown[]) => row[index]);
  }
  return undefined;
}

const missingColumn = (spec: TensorSpec, rows: number): unknown =>
  Array.from({ length: rows }, () => (spec.datatype === 'BYTES' ? '' : null));

function toTensor(spec: TensorSpec, value: unknown): Tensor | undefined {
  const shape: number[] = [];
  for (let at = value; Array.isArray(at); at = at[0]) {
    shape.push(shape.length === 0 && spec.shape[0] === -1 ? Math.min(at.length, MOST_ROWS) : at.length);
    if (at.length === 0) break;
  }
  if (
    shape.length !== spec.shape.length ||
    shape.some((one, i) => spec.shape[i] !== -1 && one !== spec.shape[i])
  )
    return undefined;
  const flat: unknown[] = [];
  const walk = (one: unknown, depth: number): boolean => {
    if (depth === shape.length) return flat.push(one) > 0 && !Array.isArray(one);
    if (!Array.isArray(one) || (depth > 0 && one.length !== shape[depth])) return false;
    return (depth === 0 ? one.slice(0, shape[0]) : one).every((inner) => walk(inner, depth + 1));
  };
  if (!walk(value, 0)) return undefined;
  return { name: spec.name, datatype: spec.datatype, shape, data: fill(spec, flat) };
}

function fill(spec: TensorSpec, flat: readonly unknown[]): Tensor['data'] {
  const { datatype } = spec;
  if (datatype === 'BYTES')
    return flat.map((one) =>
      spec.column === 'binary' && typeof one === 'string'
        ? Buffer.from(one, 'base64')
        : one === null || one === undefined
          ? ''
          : typeof one === 'string'
            ? one
            : JSON.stringify(one),
    );
  return numbers(datatype, flat);
}

function numbers(datatype: Exclude<Datatype, 'BYTES'>, flat: readonly unknown[]): Tensor['data'] {
  const data = allocateNumbers(datatype, flat.length);
  const float = datatype === 'FP64' || datatype === 'FP32' || datatype === 'FP16';
  const target = datatype === 'FP16' && data instanceof Uint16Array ? asHalf(data) : data;
  for (const [i, one] of flat.entries()) {
    const number = one === null || one === undefined ? (float ? NaN : 0) : Number(one);
    if (target instanceof BigInt64Array || target instanceof BigUint64Array)
      target[i] = BigInt(Number.isFinite(number) ? Math.trunc(number) : 0);
    else target[i] = number;
  }
  return data;
}

/** One row of zeros and empty text: enough to warm a model that brought no example. */
export const emptySample = (specs: readonly TensorSpec[]): Tensor[] =>
  specs.map(({ name, datatype, shape }) => {
    const one = shape.map((length) => (length < 0 ? 1 : length));
    return { name, datatype, shape: one, data: allocate(datatype, elements(one)) };
  });

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
