import { invalid } from '../../../platform/errors/index.ts';
import type { Datatype, TensorSpec } from '../../../runtimes/index.ts';
import { numpyName } from './cast.ts';

const TARGETS: Readonly<Partial<Record<Datatype, readonly [kind: string, bytes: number]>>> = {
  BOOL: ['b', 1],
  INT8: ['i', 1],
  INT16: ['i', 2],
  INT32: ['i', 4],
  INT64: ['i', 8],
  UINT8: ['u', 1],
  UINT16: ['u', 2],
  UINT32: ['u', 4],
  UINT64: ['u', 8],
  FP16: ['f', 2],
  FP32: ['f', 4],
  FP64: ['f', 8],
};

/** What a column of text, of times or of bytes takes. Days and decimals are text to the last digit. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  string: ['text', 'date', 'time', 'decimal', 'null'],
  datetime: ['datetime64', 'date', 'text', 'null'],
  binary: ['bytes', 'null'],
};

/** pandas knows most of what is no number as `object`. */
const shown = (dtype: string): string =>
  /^(u?int|float|bool|datetime64)/.test(dtype) ? dtype : `object (${dtype})`;

/** MLflow's rule for columns that come typed: what widens is taken, what could change a value is refused. */
export function widen(spec: TensorSpec, dtype: string, values: readonly unknown[]): readonly unknown[] {
  if (spec.datatype === 'BYTES') {
    const { column = 'string' } = spec;
    if ((TEXTS[column] ?? TEXTS['string'] ?? []).includes(dtype)) return values;
    throw refused(
      spec,
      shown(dtype),
      column === 'datetime' ? 'datetime64[ns]' : column === 'binary' ? 'bytes' : '<U0',
    );
  }
  if (spec.datatype === 'FP64' && dtype === 'decimal')
    return values.map((one) => (typeof one === 'string' ? Number(one) : one));
  if ((spec.datatype === 'FP64' || spec.datatype === 'FP32') && dtype === 'null') return values;
  const [kind, bytes] = TARGETS[spec.datatype] ?? ['', 0];
  const [, word = '', bits = '0'] = /^([a-z]+)(\d*)$/.exec(dtype) ?? [];
  const from =
    word === 'float' ? 'f' : word === 'int' ? 'i' : word === 'uint' ? 'u' : word === 'bool' ? 'b' : 'O';
  const width = from === 'b' ? 1 : Number(bits) / 8;
  const safe =
    (from === kind && width <= bytes) ||
    (from === 'u' && kind === 'i' && width < bytes) ||
    ((from === 'i' || from === 'u') && spec.datatype === 'FP64' && width <= 6) ||
    // Zeros and ones are taken for any float.
    (dtype === 'int64' &&
      kind === 'f' &&
      values.every((one) => one === null || Number(one) === 0 || Number(one) === 1));
  if (safe) return values;
  const missing = dtype === 'float64' && (kind === 'i' || kind === 'u') && values.some((one) => one === null);
  throw refused(
    spec,
    shown(dtype),
    numpyName(spec.datatype),
    missing
      ? ' Hint: the type mismatch is likely caused by missing values. Integer columns in python can not represent missing values and are therefore encoded as floats.'
      : '',
  );
}

const refused = ({ name }: TensorSpec, from: string, to: string, hint = '') =>
  invalid(
    `Failed to enforce schema. Error: Incompatible input types for column ${name}. Can not safely convert ${from} to ${to}.${hint}`,
    { field: name, code: 'schema' },
  );
