import { Json, type Cell, type Tensor, type TensorData } from '../runtimes/index.ts';
import type { JsonTensor } from './document.ts';

/** Tensors as people read them in a package, and back; nothing is lost on the way. */

/** What JSON cannot say goes as text; bytes as base64, and a value that is neither text nor bytes as its JSON. */
function wordOf(value: number | bigint | Cell): unknown {
  if (typeof value === 'string' || value === null) return value;
  if (value instanceof Json) return { json: value.text };
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : textOf(value);
  return { base64: Buffer.from(value).toString('base64') };
}
const textOf = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

export function toJson({ name, datatype, shape, data }: Tensor): JsonTensor {
  const values = datatype === 'FP16' ? halves(data as Uint16Array) : data; // FP16 is always 16 raw bits
  const words = Array.from(values as ArrayLike<number | bigint | Cell>, wordOf);
  return {
    name,
    datatype,
    shape: [...shape],
    data: datatype === 'BOOL' ? words.map((word) => word === 1) : words,
  };
}

export function fromJson({ name, datatype, shape, data }: JsonTensor): Tensor {
  return { name, datatype: datatype as Tensor['datatype'], shape, data: dataOf(datatype, data) };
}

const NUMBERS = {
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

function dataOf(datatype: string, data: readonly unknown[]): TensorData {
  if (datatype === 'BYTES')
    return data.map((word) => {
      if (typeof word === 'string' || word === null) return word;
      const { json, base64 = '' } = word as { json?: string; base64?: string };
      return json === undefined ? Buffer.from(base64, 'base64') : new Json(json);
    });
  if (datatype === 'BOOL') return Uint8Array.from(data, (word) => (word === true ? 1 : 0));
  if (datatype === 'INT64') return BigInt64Array.from(data, (word) => BigInt(word as string));
  if (datatype === 'UINT64') return BigUint64Array.from(data, (word) => BigInt(word as string));
  const numbers = data.map(Number);
  if (datatype === 'FP16') return new Uint16Array(Float16Array.from(numbers).buffer);
  return NUMBERS[datatype as keyof typeof NUMBERS].from(numbers);
}

const halves = (bits: Uint16Array): Float16Array =>
  new Float16Array(bits.buffer, bits.byteOffset, bits.length);

/** How two answers differ first, in words; undefined when they are equal within the tolerance (relative for numbers past 1). */
export function difference(
  wanted: readonly JsonTensor[],
  got: readonly JsonTensor[],
  tolerance: number,
): string | undefined {
  if (wanted.length !== got.length) return `${got.length} outputs instead of ${wanted.length}`;
  for (const [i, one] of wanted.entries()) {
    const other = got[i]!;
    if (one.name !== other.name || one.datatype !== other.datatype)
      return `output ${i} is ${other.name} ${other.datatype} instead of ${one.name} ${one.datatype}`;
    if (one.shape.join() !== other.shape.join())
      return `${one.name} has the shape [${other.shape.join(', ')}] instead of [${one.shape.join(', ')}]`;
    for (const [at, value] of one.data.entries()) {
      if (!equal(value, other.data[at], one.datatype, tolerance))
        return `${one.name}[${at}] is ${JSON.stringify(other.data[at])} instead of ${JSON.stringify(value)}`;
    }
  }
  return undefined;
}

function equal(a: unknown, b: unknown, datatype: string, tolerance: number): boolean {
  if (!datatype.startsWith('FP')) return JSON.stringify(a) === JSON.stringify(b);
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) && Number.isNaN(y);
  if (!Number.isFinite(x) || !Number.isFinite(y)) return x === y;
  return Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(x));
}
