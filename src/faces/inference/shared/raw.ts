import { isUtf8 } from 'node:buffer';
import { invalid } from '../../../platform/errors/index.ts';
import type { Datatype, Tensor, TensorData, TensorSpec } from '../../../runtimes/index.ts';
import { asBytes } from './cells.ts';

/** Bytes of one element; BYTES has none, its elements carry their length. */
export const WIDTH: Readonly<Record<Exclude<Datatype, 'BYTES'>, number>> = {
  BOOL: 1,
  UINT8: 1,
  INT8: 1,
  UINT16: 2,
  INT16: 2,
  FP16: 2,
  UINT32: 4,
  INT32: 4,
  FP32: 4,
  UINT64: 8,
  INT64: 8,
  FP64: 8,
};
const MADE: Readonly<
  Record<Exclude<Datatype, 'BYTES'>, (bytes: ArrayBuffer) => Exclude<TensorData, readonly unknown[]>>
> = {
  BOOL: (bytes) => new Uint8Array(bytes),
  UINT8: (bytes) => new Uint8Array(bytes),
  UINT16: (bytes) => new Uint16Array(bytes),
  UINT32: (bytes) => new Uint32Array(bytes),
  UINT64: (bytes) => new BigUint64Array(bytes),
  INT8: (bytes) => new Int8Array(bytes),
  INT16: (bytes) => new Int16Array(bytes),
  INT32: (bytes) => new Int32Array(bytes),
  INT64: (bytes) => new BigInt64Array(bytes),
  FP16: (bytes) => new Uint16Array(bytes),
  FP32: (bytes) => new Float32Array(bytes),
  FP64: (bytes) => new Float64Array(bytes),
};

export const isDatatype = (word: string): word is Datatype => word === 'BYTES' || Object.hasOwn(WIDTH, word);

/** The number of elements of a shape; refuses negative and fractional lengths and products past any body. */
export function countOf(shape: readonly number[], name: string): number {
  let count = 1;
  if (shape.length > 32)
    throw invalid(`input '${name}': a shape of ${shape.length} dimensions; 32 at most`, {
      field: `inputs.${name}.shape`,
    });
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0)
      throw invalid(
        `input '${name}': the shape [${shape.join(', ')}] has a dimension that is no length (${length})`,
        {
          field: `inputs.${name}.shape`,
          hint: 'say the real length of every dimension; -1 stands for any length only in a model’s metadata',
        },
      );
    count *= length;
  }
  if (!Number.isSafeInteger(count) || count > 2 ** 32)
    throw invalid(`input '${name}': the shape [${shape.join(', ')}] is larger than any request`, {
      field: `inputs.${name}.shape`,
    });
  return count;
}

/** Little-endian bytes to values, copied: what the caller gave may be a piece of something larger. */
export function fromRaw(
  name: string,
  datatype: Datatype,
  count: number,
  bytes: Uint8Array,
  binary: boolean,
): TensorData {
  if (datatype === 'BYTES') return splitBytes(name, count, bytes, binary);
  const width = WIDTH[datatype];
  if (bytes.length !== count * width)
    throw invalid(
      `input '${name}': ${bytes.length} bytes for ${count} elements of ${datatype}, which take ${count * width}`,
      { field: `inputs.${name}` },
    );
  if (bytes.length <= FEW) {
    const few = readFew(datatype, count, bytes);
    if (few) return few;
  }
  const own = new ArrayBuffer(bytes.length);
  new Uint8Array(own).set(bytes);
  const data = MADE[datatype](own);
  if (datatype === 'BOOL' && data.some((one: number | bigint) => one !== 0 && one !== 1))
    throw invalid(`input '${name}': BOOL has bytes that are neither 0 nor 1`, { field: `inputs.${name}` });
  return data;
}

/** An array this small lies in V8's own heap as long as nobody asks for its buffer, and costs a tenth of one that does not. */
const FEW = 64;

/** The same for a row or so of the usual types, value by value. */
function readFew(datatype: Datatype, count: number, bytes: Uint8Array): TensorData | undefined {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (datatype === 'FP32') {
    const data = new Float32Array(count);
    for (let i = 0; i < count; i++) data[i] = from.readFloatLE(4 * i);
    return data;
  }
  if (datatype === 'FP64') {
    const data = new Float64Array(count);
    for (let i = 0; i < count; i++) data[i] = from.readDoubleLE(8 * i);
    return data;
  }
  if (datatype === 'INT32') {
    const data = new Int32Array(count);
    for (let i = 0; i < count; i++) data[i] = from.readInt32LE(4 * i);
    return data;
  }
  if (datatype === 'INT64') {
    const data = new BigInt64Array(count);
    for (let i = 0; i < count; i++) data[i] = from.readBigInt64LE(8 * i);
    return data;
  }
  return undefined;
}

/** Elements of BYTES: a length of 4 bytes, then so many bytes. */
function splitBytes(
  name: string,
  count: number,
  bytes: Uint8Array,
  binary: boolean,
): Array<string | Uint8Array> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const items: Array<string | Uint8Array> = [];
  let at = 0;
  while (at < all.length && items.length < count) {
    if (at + 4 > all.length) break;
    const end = at + 4 + all.readUInt32LE(at);
    if (end > all.length) break;
    items.push(textOrBytes(name, all.subarray(at + 4, end), binary));
    at = end;
  }
  if (items.length !== count || at !== all.length)
    throw invalid(
      `input '${name}': its ${all.length} bytes do not hold ${count} elements of BYTES, each a length of 4 bytes and so many bytes`,
      { field: `inputs.${name}` },
    );
  return items;
}

/** An element of BYTES as the model takes it. */
export function textOrBytes(name: string, bytes: Buffer, binary: boolean): string | Uint8Array {
  if (binary) return new Uint8Array(bytes);
  if (!isUtf8(bytes))
    throw invalid(`input '${name}': an element of BYTES is not valid UTF-8`, {
      field: `inputs.${name}`,
      hint: 'the model takes text here',
    });
  return bytes.toString('utf8');
}

/** Whether an input wants bytes rather than text. */
export const wantsBytes = (spec: TensorSpec | undefined): boolean => spec?.column === 'binary';

/** Values as little-endian bytes; a view where it can be. */
export function toRaw(tensor: Tensor): Uint8Array {
  const { data } = tensor;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const pieces = asBytes(data).cells.map((one) =>
    typeof one === 'string' ? Buffer.from(one, 'utf8') : Buffer.from(one.buffer, one.byteOffset, one.length),
  );
  const all = Buffer.allocUnsafe(pieces.reduce((sum, piece) => sum + 4 + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.writeUInt32LE(piece.length, at);
    at += 4 + piece.copy(all, at + 4);
  }
  return all;
}
