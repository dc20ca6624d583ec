/**
 * Columns of rows as bytes: what the table reader's process writes and the server reads. A frame is its length and kind, then
 * JSON (shape, end, error) or a batch: for each column its values as they lie in memory, and which of them are missing.
 */
import type { ColumnKind, TableColumn, TableFault } from './protocol.ts';

export type ColumnValues = Float64Array | BigInt64Array | Uint8Array | string[];

export interface BatchColumn {
  name: string;
  kind: ColumnKind;
  /** `double`: Float64Array, NaN where missing; `long`, `time` (µs since 1970): BigInt64Array; `boolean`: 0 and 1; `text`: '' where missing. */
  values: ColumnValues;
  /** 1 where the value is missing; absent where none is. */
  nulls?: Uint8Array;
}

/** Rows that follow one another. */
export interface Batch {
  /** Position of the first, from 0. */
  start: number;
  rows: number;
  columns: BatchColumn[];
}

export type Frame =
  | { kind: 'shape'; columns: TableColumn[] }
  | { kind: 'batch'; batch: Batch }
  | { kind: 'end'; rows: number }
  | { kind: 'error'; error: TableFault };

const KINDS = ['shape', 'batch', 'end', 'error'] as const;
const HEAD = 8;

export function encode(frame: Frame): Buffer {
  if (frame.kind !== 'batch') return framed(frame.kind, [Buffer.from(JSON.stringify(frame))]);
  const { start, rows, columns } = frame.batch;
  const head = Buffer.alloc(12);
  head.writeDoubleLE(start, 0);
  head.writeUInt32LE(rows, 8);
  const parts: Buffer[] = [head];
  for (const { values, nulls } of columns) {
    parts.push(Buffer.from([nulls ? 1 : 0]));
    if (nulls) parts.push(bytesOf(nulls));
    if (!Array.isArray(values)) parts.push(bytesOf(values));
    else {
      const text = Buffer.from(values.join(''), 'utf8');
      const ends = new Uint32Array(rows);
      let at = 0;
      for (const [i, value] of values.entries()) ends[i] = at += Buffer.byteLength(value);
      parts.push(bytesOf(ends), text);
    }
  }
  return framed('batch', parts);
}

const bytesOf = (array: ArrayBufferView): Buffer =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength);

function framed(kind: Frame['kind'], parts: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(
    parts.reduce((sum, { length }) => sum + length, 0),
    0,
  );
  head.writeUInt32LE(KINDS.indexOf(kind), 4);
  return Buffer.concat([head, ...parts]);
}

/** Reads frames off a stream as they come; holds one at a time. */
export async function* decode(stream: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let chunks: Buffer[] = [];
  let held = 0;
  let columns: TableColumn[] = [];
  let wanted = HEAD;
  let kind: Frame['kind'] | undefined;
  for await (const chunk of stream) {
    chunks.push(chunk);
    held += chunk.length;
    while (held >= wanted) {
      const bytes = Buffer.concat(chunks);
      const part = bytes.subarray(0, wanted);
      chunks = [bytes.subarray(wanted)];
      held -= wanted;
      if (kind === undefined) {
        wanted = part.readUInt32LE(0);
        kind = KINDS[part.readUInt32LE(4)];
        if (kind === undefined) throw new Error('the table reader wrote something else than frames');
        continue;
      }
      if (kind === 'batch') yield { kind, batch: decodeBatch(part, columns) };
      else {
        const frame = JSON.parse(part.toString('utf8')) as Exclude<Frame, { kind: 'batch' }>; // written by our own code
        if (frame.kind === 'shape') columns = frame.columns;
        yield frame;
      }
      kind = undefined;
      wanted = HEAD;
    }
  }
  if (held > 0 || kind !== undefined) throw new Error('the table reader stopped in the middle of a frame');
}

function decodeBatch(bytes: Buffer, shape: readonly TableColumn[]): Batch {
  const start = bytes.readDoubleLE(0);
  const rows = bytes.readUInt32LE(8);
  let at = 12;
  // A copy of its own: aligned, and free of the buffer that the stream uses again.
  const take = (length: number): ArrayBuffer => {
    const copy = new ArrayBuffer(length);
    bytes.copy(new Uint8Array(copy), 0, at, at + length);
    at += length;
    return copy;
  };
  const columns = shape.map(({ name, kind }): BatchColumn => {
    const nulls = bytes[at++] === 1 ? new Uint8Array(take(rows)) : undefined;
    return { name, kind, values: values(kind), ...(nulls ? { nulls } : {}) };
  });
  return { start, rows, columns };

  function values(kind: ColumnKind): ColumnValues {
    if (kind === 'double') return new Float64Array(take(rows * 8));
    if (kind === 'boolean') return new Uint8Array(take(rows));
    if (kind !== 'text') return new BigInt64Array(take(rows * 8));
    const ends = new Uint32Array(take(rows * 4));
    const length = ends.at(-1) ?? 0;
    const text = bytes.subarray(at, at + length);
    at += length;
    return Array.from(ends, (end, i) => text.toString('utf8', i === 0 ? 0 : ends[i - 1]!, end));
  }
}
