/** Numbers of a column; null, undefined and NaN are missing. A bigint is read as the nearest double. */
export type NumericColumn =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly (number | bigint | null | undefined)[];

/** The whole column as doubles, NaN where a value is missing. An array of doubles is handed on as it is: whoever writes takes a copy. */
export function numbersOf(column: NumericColumn): Float64Array {
  return column instanceof Float64Array ? column : doubles(column, 0, column.length);
}

const BLOCK = 8192;

/** The same in blocks, for whoever reads once: no copy of the whole is made. */
export function eachBlock(column: NumericColumn, read: (block: Float64Array) => void): void {
  if (column instanceof Float64Array) return read(column);
  for (let from = 0; from < column.length; from += BLOCK)
    read(doubles(column, from, Math.min(column.length, from + BLOCK)));
}

function doubles(column: Exclude<NumericColumn, Float64Array>, from: number, to: number): Float64Array {
  if (ArrayBuffer.isView(column) && !(column instanceof BigInt64Array || column instanceof BigUint64Array))
    return Float64Array.from(column.subarray(from, to));
  const found = new Float64Array(to - from);
  for (let i = from; i < to; i++) {
    const value = column[i];
    found[i - from] = value == null ? NaN : Number(value);
  }
  return found;
}

/** Mean, and standard deviation divided by n; NaN of no values. */
export function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / values.length) };
}
