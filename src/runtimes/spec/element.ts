import type { Cell, Datatype, Tensor, TensorData } from '../tensor.ts';

/** Bytes of one element; 0 for BYTES, whose elements have lengths of their own. */
export const ELEMENT_BYTES: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BYTES: 0,
};

/** numpy's names, as MLflow writes them in tensor specs. */
const NUMPY: Readonly<Record<string, Datatype>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  str: 'BYTES',
  object: 'BYTES',
  bytes: 'BYTES',
  string: 'BYTES',
};

/** MLflow's column types that are one value a row. */
const COLUMNS: Readonly<Record<string, Datatype>> = {
  boolean: 'BOOL',
  integer: 'INT32',
  long: 'INT64',
  float: 'FP32',
  double: 'FP64',
  string: 'BYTES',
  binary: 'BYTES',
  datetime: 'BYTES',
};

export const fromNumpy = (name: string): Datatype | undefined =>
  NUMPY[name] ?? (/^([<>|=]?[US]\d*)$/.test(name) ? 'BYTES' : undefined);
export const fromColumn = (name: string): Datatype | undefined => COLUMNS[name];

export type TypedArray = Exclude<TensorData, readonly Cell[]>;

/** Room for `length` elements, zeros; empty text for BYTES. */
export function allocate(datatype: Datatype, length: number): TypedArray | Cell[] {
  if (datatype === 'BYTES') return Array.from({ length }, () => '');
  return allocateNumbers(datatype, length);
}

export function allocateNumbers(datatype: Exclude<Datatype, 'BYTES'>, length: number): TypedArray {
  switch (datatype) {
    case 'BOOL':
    case 'UINT8':
      return new Uint8Array(length);
    case 'UINT16':
    case 'FP16':
      return new Uint16Array(length);
    case 'UINT32':
      return new Uint32Array(length);
    case 'UINT64':
      return new BigUint64Array(length);
    case 'INT8':
      return new Int8Array(length);
    case 'INT16':
      return new Int16Array(length);
    case 'INT32':
      return new Int32Array(length);
    case 'INT64':
      return new BigInt64Array(length);
    case 'FP32':
      return new Float32Array(length);
    case 'FP64':
      return new Float64Array(length);
  }
}

/** A view of raw bytes as elements; copies only where the bytes do not lie as the elements need them. */
export function viewNumbers(datatype: Exclude<Datatype, 'BYTES'>, bytes: Uint8Array): TypedArray {
  const size = ELEMENT_BYTES[datatype];
  const length = bytes.byteLength / size;
  if (bytes.byteOffset % size !== 0) bytes = bytes.slice();
  const buffer = bytes.buffer;
  const at = bytes.byteOffset;
  switch (datatype) {
    case 'BOOL':
    case 'UINT8':
      return new Uint8Array(buffer, at, length);
    case 'UINT16':
    case 'FP16':
      return new Uint16Array(buffer, at, length);
    case 'UINT32':
      return new Uint32Array(buffer, at, length);
    case 'UINT64':
      return new BigUint64Array(buffer, at, length);
    case 'INT8':
      return new Int8Array(buffer, at, length);
    case 'INT16':
      return new Int16Array(buffer, at, length);
    case 'INT32':
      return new Int32Array(buffer, at, length);
    case 'INT64':
      return new BigInt64Array(buffer, at, length);
    case 'FP32':
      return new Float32Array(buffer, at, length);
    case 'FP64':
      return new Float64Array(buffer, at, length);
  }
}

export const isTyped = (data: TensorData): data is TypedArray => ArrayBuffer.isView(data);
const isBig = (data: TypedArray): data is BigInt64Array | BigUint64Array =>
  data instanceof BigInt64Array || data instanceof BigUint64Array;

/** 16-bit halves are bits here and Float16Array knows how to read them; Node has it from version 24 on. */
export const asHalf = (bits: Uint16Array): Float16Array =>
  new Float16Array(bits.buffer as ArrayBuffer, bits.byteOffset, bits.length);

/** Numbers of another width. `undefined` where text would have to become numbers or the other way. */
export function castNumbers(data: TensorData, from: Datatype, to: Datatype): TensorData | undefined {
  if (from === to) return data;
  if (!isTyped(data) || to === 'BYTES' || from === 'BYTES') return undefined;
  const source: ArrayLike<number> | ArrayLike<bigint> =
    from === 'FP16' && data instanceof Uint16Array ? asHalf(data) : data;
  const made = allocateNumbers(to, data.length);
  if (to === 'FP16' && made instanceof Uint16Array) {
    const half = asHalf(made);
    for (let i = 0; i < source.length; i++) half[i] = Number(source[i]);
  } else if (isBig(made)) {
    // Numbers that are not whole are cut, as every C cast does.
    for (let i = 0; i < source.length; i++) made[i] = BigInt(Math.trunc(Number(source[i])) || 0);
  } else if (isBig(data)) {
    for (let i = 0; i < data.length; i++) made[i] = Number(data[i]);
  } else if (to === 'BOOL') {
    for (let i = 0; i < source.length; i++) made[i] = Number(source[i]) === 0 ? 0 : 1;
  } else {
    for (let i = 0; i < source.length; i++) made[i] = source[i] as number;
  }
  return made;
}

/** How many elements a shape holds; -1 counts as one. */
export const elements = (shape: readonly number[]): number =>
  shape.reduce((product, one) => product * (one < 0 ? 1 : one), 1);

/** Rows `from` up to `to` of a tensor, without a copy where the data is typed. */
export function sliceRows(tensor: Tensor, from: number, to: number): Tensor {
  const { shape, data } = tensor;
  const stride = elements(shape.slice(1));
  const cut = isTyped(data)
    ? data.subarray(from * stride, to * stride)
    : data.slice(from * stride, to * stride);
  return { ...tensor, shape: [to - from, ...shape.slice(1)], data: cut };
}

/** One tensor from several of the same name and kind, one below the other. */
export function joinRows(parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  if (!first) throw new Error('there is nothing to join');
  if (parts.length === 1) return first;
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const shape = [rows, ...first.shape.slice(1)];
  if (!isTyped(first.data))
    return { ...first, shape, data: parts.flatMap(({ data }) => data as readonly Cell[]) };
  const data = allocateNumbers(first.datatype as Exclude<Datatype, 'BYTES'>, elements(shape));
  let at = 0;
  for (const part of parts) {
    // Equal datatypes have equal arrays: `set` of a union cannot say so.
    (data as Float64Array).set(part.data as Float64Array, at);
    at += part.data.length;
  }
  return { ...first, shape, data };
}
