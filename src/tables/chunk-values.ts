// Values of a chunk that DuckDB has classes of its own for.
import { DuckDBBlobValue, DuckDBListVector, type DuckDBDataChunk } from '@duckdb/node-api';
import bindings from '@duckdb/node-bindings';

/** Bytes of a BLOB; null where there are none. */
export function bytesAt(chunk: DuckDBDataChunk, column: number, row: number): Uint8Array | null {
  const value = chunk.getColumnVector(column).getItem(row);
  return value instanceof DuckDBBlobValue ? value.bytes : null;
}

/** A list of numbers, NaN where one is missing, without a copy of each as a value of its own; null where there is none. */
export function numbersAt(chunk: DuckDBDataChunk, column: number, row: number): Float64Array | null {
  const lists = chunk.getColumnVector(column);
  if (!(lists instanceof DuckDBListVector)) return null;
  const vector = lists.getItemVector(row);
  if (!vector) return null;
  const values = new Float64Array(vector.itemCount);
  for (let at = 0; at < values.length; at++) {
    const value = vector.getItem(at);
    values[at] = value === null ? NaN : Number(value);
  }
  return values;
}

/**
 * A column of doubles, NaN where there is none. Copied as they lie in the chunk: a call for each value of a large table costs more than to read it from disk.
 * The query has to cast the column to double.
 */
export function doublesAt(
  { chunk }: DuckDBDataChunk,
  column: number,
  { rows, into, from = 0 }: { rows: number; into: Float64Array; from?: number },
): void {
  const vector = bindings.data_chunk_get_vector(chunk, column);
  const { buffer, byteOffset } = bindings.vector_get_data(vector, rows * Float64Array.BYTES_PER_ELEMENT);
  into.set(new Float64Array(buffer, byteOffset, rows), from);
  // A bit a row, set where there is a value; none at all where all have one.
  const valid = bindings.vector_get_validity(vector, Math.ceil(rows / 64) * 8) as Uint8Array | null;
  if (!valid) return;
  for (let row = 0; row < rows; row++)
    if ((valid[row >> 3]! & (1 << (row & 7))) === 0) into[from + row] = NaN;
}
