// Values of a chunk that DuckDB has classes of its own for.
import { DuckDBBlobValue, DuckDBListVector, type DuckDBDataChunk } from '@duckdb/node-api';

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
