import { invalid } from '../../../platform/errors/index.ts';
import type { Datatype, TensorData } from '../../../runtimes/index.ts';
import { parseJson } from '../shared/json.ts';
import type { Cut } from './envelope.ts';
import { scan } from './scan.ts';
import { room } from './slab.ts';

export interface Values {
  /** As JSON was parsed; the mark of `cut` where it lies in the bytes still. */
  value: unknown;
  cut: Cut | undefined;
  json: Buffer;
  name: string;
  datatype: Datatype;
  shape: readonly number[];
  count: number;
  /** The model takes bytes where the type is BYTES. */
  binary: boolean;
  base64: boolean;
}

const RANGE: Partial<Record<Datatype, readonly [number, number]>> = {
  INT8: [-128, 127],
  UINT8: [0, 255],
  INT16: [-32_768, 32_767],
  UINT16: [0, 65_535],
  INT32: [-2_147_483_648, 2_147_483_647],
  UINT32: [0, 4_294_967_295],
};
const WIDE: Partial<Record<Datatype, readonly [bigint, bigint]>> = {
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
  UINT64: [0n, 2n ** 64n - 1n],
};

/** `data` of one input, flat or nested row by row, as the typed values that its datatype and shape say. */
export function readValues(values: Values): TensorData {
  const { cut, json, name, count } = values;
  let { value } = values;
  if (cut !== undefined) {
    const read = scan(json, cut.start, cut.end, values);
    if (read) return read;
    // Something that the quick reader does not know, or an error that deserves its place named.
    value = parseJson(json.subarray(cut.start, cut.end));
  }
  if (value === undefined)
    throw invalid(`input '${name}' has no data`, {
      field: field(name),
      hint: 'send data, or binary_data_size and the bytes',
    });
  if (!Array.isArray(value)) {
    if (count !== 1 || typeof value === 'object')
      throw invalid(`data of input '${name}' is not a list`, { field: field(name) });
    value = [value];
  }
  const flat = flatten(value as unknown[], values);
  if (flat.length !== count)
    throw invalid(
      `input '${name}' has ${flat.length} values, and its shape [${values.shape.join(', ')}] says ${count}`,
      { field: field(name), hint: 'data and shape must agree' },
    );
  return typed(flat, values);
}

const field = (name: string, index?: number): string =>
  `inputs.${name}.data${index === undefined ? '' : `[${index}]`}`;

/** Flat data as it is; nested data only where it has the very form of the shape. */
function flatten(value: unknown[], { name, shape }: Values): unknown[] {
  if (!Array.isArray(value[0])) {
    const odd = value.findIndex((one) => Array.isArray(one));
    if (odd !== -1) throw ragged(name, shape);
    return value;
  }
  let level: unknown[] = value;
  for (let axis = 1; axis < shape.length; axis++) {
    const next: unknown[] = [];
    for (const row of level) {
      if (!Array.isArray(row) || (row.length !== shape[axis] && axis < shape.length))
        throw ragged(name, shape);
      for (const one of row as unknown[]) next.push(one);
    }
    level = next;
  }
  if (value.length !== shape[0] || level.some((one) => Array.isArray(one))) throw ragged(name, shape);
  return level;
}

const ragged = (name: string, shape: readonly number[]) =>
  invalid(`data of input '${name}' is nested in another form than its shape [${shape.join(', ')}]`, {
    field: field(name),
    hint: 'send it flat, or nested with exactly these lengths',
  });

function typed(flat: readonly unknown[], values: Values): TensorData {
  const { name, datatype, count } = values;
  const refuse = (index: number, what: string, hint?: string): never => {
    throw invalid(`value ${index} of input '${name}' ${what}`, {
      field: field(name, index),
      ...(hint === undefined ? {} : { hint }),
    });
  };
  const number = (index: number): number => {
    const one = flat[index];
    if (typeof one === 'number') return one;
    if (typeof one === 'bigint') return Number(one);
    return refuse(index, `is ${kindOf(one)}; ${datatype} takes numbers`);
  };
  switch (datatype) {
    case 'BYTES':
      return flat.map((one, index) => {
        if (one === null) return null; // a missing text, which a Python model sees as None
        if (typeof one !== 'string') return refuse(index, `is ${kindOf(one)}; BYTES takes text`);
        if (!values.binary) return one;
        return new Uint8Array(Buffer.from(one, values.base64 ? 'base64' : 'utf8'));
      });
    case 'BOOL':
      return Uint8Array.from(flat, (one, index) => {
        if (one === true || one === 1) return 1;
        if (one === false || one === 0) return 0;
        return refuse(index, `is ${kindOf(one)}; BOOL takes true and false`);
      });
    case 'FP16':
    case 'FP32':
    case 'FP64': {
      const own =
        datatype === 'FP64'
          ? room(count, 'FP64')
          : datatype === 'FP32'
            ? room(count, 'FP32')
            : new Float16Array(count);
      for (let index = 0; index < count; index++) {
        const one = number(index);
        own[index] = one;
        if (!Number.isFinite(own[index]))
          refuse(
            index,
            Number.isFinite(one)
              ? `(${one}) is too large for ${datatype}`
              : `is ${String(one)}, which JSON does not have`,
            'send such tensors in binary',
          );
      }
      return own instanceof Float16Array ? new Uint16Array(own.buffer) : own;
    }
    case 'INT64':
    case 'UINT64': {
      const exact = exactly(values, flat);
      const own = datatype === 'INT64' ? new BigInt64Array(count) : new BigUint64Array(count);
      const [least, most] = WIDE[datatype]!;
      for (let index = 0; index < count; index++) {
        const one = exact[index];
        if (typeof one !== 'bigint' && !Number.isInteger(number(index)))
          refuse(index, `is ${String(one)}; ${datatype} takes whole numbers`);
        const whole = BigInt(one as number | bigint);
        if (whole < least || whole > most) refuse(index, `(${whole}) does not fit ${datatype}`);
        own[index] = whole;
      }
      return own;
    }
    default: {
      const own = MAKE[datatype](count);
      const [least, most] = RANGE[datatype]!;
      for (let index = 0; index < count; index++) {
        const one = number(index);
        if (!Number.isInteger(one)) refuse(index, `is ${one}; ${datatype} takes whole numbers`);
        if (one < least || one > most) refuse(index, `(${one}) does not fit ${datatype}`);
        own[index] = one;
      }
      return own;
    }
  }
}

const MAKE = {
  INT8: (count: number) => new Int8Array(count),
  UINT8: (count: number) => new Uint8Array(count),
  INT16: (count: number) => new Int16Array(count),
  UINT16: (count: number) => new Uint16Array(count),
  INT32: (count: number) => new Int32Array(count),
  UINT32: (count: number) => new Uint32Array(count),
};

/** Whole numbers past 2^53 are read again as they were written: JSON.parse has rounded them. */
function exactly({ cut, json, name, shape }: Values, flat: readonly unknown[]): readonly unknown[] {
  if (flat.every((one) => typeof one !== 'number' || Number.isSafeInteger(one) || !Number.isInteger(one)))
    return flat;
  if (cut)
    return flatten(
      parseJson(json.subarray(cut.start, cut.end), true) as unknown[],
      { name, shape } as Values,
    );
  const again = parseJson(json, true) as { inputs: Array<{ name: string; data: unknown }> };
  const data = again.inputs.find((one) => one.name === name)?.data;
  return flatten(Array.isArray(data) ? data : [data], { name, shape } as Values);
}

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'text' : String(value as number | boolean);
};
