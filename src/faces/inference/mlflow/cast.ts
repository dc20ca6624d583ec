// One rule a type, and each rule has its own exceptions: they are easier to compare in one file.
import { invalid } from '../../../platform/errors/index.ts';
import type { Datatype, TensorData, TensorSpec } from '../../../runtimes/index.ts';
import { kindOf } from '../shared/json.ts';
import { nanosecondsText } from './parquet-values.ts';

/** numpy's names of the types, for messages: MLflow says them. */
const NUMPY: Readonly<Record<Datatype, string>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'str',
};
export const numpyName = (datatype: Datatype): string => NUMPY[datatype];

const RANGES: Readonly<Partial<Record<Datatype, readonly [number, number]>>> = {
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
};
const WIDE: Readonly<Partial<Record<Datatype, readonly [bigint, bigint]>>> = {
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
  UINT64: [0n, 2n ** 64n - 1n],
};

class Refused extends Error {}
const refuse = (why: string): never => {
  throw new Refused(why);
};
const shown = (value: unknown): string => {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** cast: MLflow's casts. kind: a number for a number, a text for a text. strict: and no digit of it lost. */
export type Mode = 'cast' | 'kind' | 'strict';

/**
 * Values of JSON or CSV to one tensor's values, by MLflow's casts (`astype`): texts of numbers are read, fractions cut off.
 * A number that does not fit is refused in every mode.
 */
export function castAll(
  spec: TensorSpec,
  values: readonly unknown[],
  mode: Mode,
  what: 'column' | 'input',
): TensorData {
  let at = 0;
  try {
    return fill(spec, values.length, () => values[at++], mode);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const type = spec.column ?? NUMPY[spec.datatype];
    throw invalid(
      `Invalid input. Data is not compatible with model signature. Failed to convert ${what} ${spec.name} to type '${type}': value ${at - 1} ${error.message}`,
      {
        field: `${spec.name}[${at - 1}]`,
        ...(mode === 'strict'
          ? { hint: 'this endpoint is strict: it takes no cast that changes a value' }
          : {}),
      },
    );
  }
}

function fill(spec: TensorSpec, length: number, next: () => unknown, mode: Mode): TensorData {
  const { datatype } = spec;
  switch (datatype) {
    case 'FP64':
      return Float64Array.from({ length }, () => toFloat(next(), mode));
    case 'FP32':
      return Float32Array.from({ length }, () => toSingle(next(), mode));
    case 'FP16':
      return new Uint16Array(Float16Array.from({ length }, () => toFloat(next(), mode)).buffer);
    case 'BOOL':
      return Uint8Array.from({ length }, () => (toBool(next(), mode) ? 1 : 0));
    case 'INT64':
      return BigInt64Array.from({ length }, () => toWide(next(), datatype, mode));
    case 'UINT64':
      return BigUint64Array.from({ length }, () => toWide(next(), datatype, mode));
    case 'INT8':
      return Int8Array.from({ length }, () => toInt(next(), datatype, mode));
    case 'INT16':
      return Int16Array.from({ length }, () => toInt(next(), datatype, mode));
    case 'INT32':
      return Int32Array.from({ length }, () => toInt(next(), datatype, mode));
    case 'UINT8':
      return Uint8Array.from({ length }, () => toInt(next(), datatype, mode));
    case 'UINT16':
      return Uint16Array.from({ length }, () => toInt(next(), datatype, mode));
    case 'UINT32':
      return Uint32Array.from({ length }, () => toInt(next(), datatype, mode));
    case 'BYTES': {
      const read = spec.column === 'binary' ? toBinary : spec.column === 'datetime' ? toMoment : toText;
      return Array.from({ length }, () => read(next(), mode));
    }
  }
}

const FLOAT = /^[+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?$/;
const WORD = /^([+-]?)(inf|infinity|nan)$/i;

function toFloat(value: unknown, mode: Mode): number {
  if (typeof value === 'number') return value;
  if (value === null) return NaN; // a missing value, as pandas has it
  if (typeof value === 'bigint') {
    if (mode === 'strict' && BigInt(Number(value)) !== value)
      refuse(`${value} has more digits than a double holds`);
    return Number(value);
  }
  if (mode !== 'cast') return refuse(`is ${kindOf(value)} (${shown(value)}), not a number`);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') {
    const text = value.trim();
    if (FLOAT.test(text) && !/_(?!\d)/.test(text)) return Number(text.replaceAll('_', ''));
    const [, sign, word] = WORD.exec(text) ?? [];
    if (word) return word.toLowerCase() === 'nan' ? NaN : sign === '-' ? -Infinity : Infinity;
    return refuse(`could not convert string to float: ${shown(value)}`);
  }
  return refuse(`is ${kindOf(value)}, not a number`);
}

/** Strict: what a float keeps in 7 digits, or exactly. Otherwise 0.1 would be refused, and every decimal with it. */
function toSingle(value: unknown, mode: Mode): number {
  const read = toFloat(value, mode);
  if (mode !== 'strict' || !Number.isFinite(read)) return read;
  const single = Math.fround(read);
  if (!Number.isFinite(single)) refuse(`${read} is too large for a float`);
  if (single !== read && Number.parseFloat(single.toPrecision(7)) !== read)
    refuse(`${read} has more digits than a float holds`);
  return read;
}

function toBool(value: unknown, mode: Mode): boolean {
  if (typeof value === 'boolean') return value;
  if ((typeof value === 'number' && !Number.isNaN(value)) || typeof value === 'bigint') {
    if (mode !== 'cast') refuse(`is a number (${value}), not true or false`);
    return Number(value) !== 0;
  }
  // Python calls every text but '' true, 'false' too, and a missing value false: nobody means that.
  return refuse(`is ${value === null ? 'missing' : `${kindOf(value)} (${shown(value)})`}, not true or false`);
}

function toInt(value: unknown, datatype: Datatype, mode: Mode): number {
  const whole = toWhole(value, mode);
  const [least, most] = RANGES[datatype] ?? [-(2 ** 53), 2 ** 53];
  if (whole < least || whole > most) return refuse(`${whole} does not fit into ${NUMPY[datatype]}`);
  return Number(whole);
}

function toWide(value: unknown, datatype: 'INT64' | 'UINT64', mode: Mode): bigint {
  const whole = BigInt(toWhole(value, mode));
  const [least, most] = WIDE[datatype] ?? [0n, 0n];
  if (whole < least || whole > most) return refuse(`${whole} does not fit into ${NUMPY[datatype]}`);
  return whole;
}

function toWhole(value: unknown, mode: Mode): number | bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return value;
    if (!Number.isFinite(value)) return refuse(`Cannot convert non-finite values (${value}) to integer`);
    return mode !== 'cast' ? refuse(`${value} is not a whole number`) : Math.trunc(value);
  }
  if (value === null) return refuse('is missing, and integers cannot be: declare the column as double');
  if (mode === 'cast' && typeof value === 'boolean') return value ? 1 : 0;
  if (mode === 'cast' && typeof value === 'string') {
    const text = value.trim();
    if (/^[+-]?\d+(_\d+)*$/.test(text) && text.length < 40)
      return BigInt(text.replaceAll('_', '').replace('+', ''));
    return refuse(`invalid literal for int() with base 10: ${shown(value)}`);
  }
  return refuse(`is ${kindOf(value)} (${shown(value)}), not a number`);
}

/** A missing text is null, and None for the model; its ONNX form has none and refuses it. */
function toText(value: unknown, mode: Mode): string | null {
  if (typeof value === 'string' || value === null) return value;
  if (typeof value === 'number' && Number.isNaN(value)) return null;
  if (mode !== 'cast' || typeof value === 'object') return refuse(`is ${kindOf(value)}, not a string`);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : refuse('is not a string');
}

function toBinary(value: unknown): Uint8Array | null {
  if (value instanceof Uint8Array || value === null) return value;
  if (typeof value !== 'string') return refuse(`is ${kindOf(value)}, not base64`);
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value) || value.replaceAll(/\s/g, '').length % 4 !== 0)
    return refuse('is not valid base64');
  return Uint8Array.from(Buffer.from(value, 'base64'));
}

/** ISO 8601: other forms mean one day here and another there. */
const MOMENT =
  /^(\d{4}-\d\d-\d\d)(?:[T ]\d\d(?::?\d\d(?::?\d\d(?:\.\d{1,9})?)?)?)?\s?(?:Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Texts as they are, once they can be read as a time (the host brings all of them to UTC); numbers are nanoseconds since 1970, as for pandas. */
function toMoment(value: unknown): string {
  if (value === null) return 'NaT';
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (typeof value === 'number' && !Number.isFinite(value)) return 'NaT';
    const ns = BigInt(typeof value === 'number' ? Math.trunc(value) : value);
    return nanosecondsText(ns) ?? refuse(`${ns} ns is no time`);
  }
  if (typeof value !== 'string') return refuse(`is ${kindOf(value)}, not a time`);
  if (value === '' || /^(nat|nan|none)$/i.test(value)) return 'NaT';
  const [, day] = MOMENT.exec(value) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(day)))
    return refuse(`${shown(value)} is no time: send ISO 8601, such as 2020-01-02T03:04:05.123456789Z`);
  return value;
}
