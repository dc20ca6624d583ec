/** Values that one slab holds, bytes. */
const SIZE = 1 << 18;
let slab = new ArrayBuffer(SIZE);
let used = 0;

export function room(count: number, datatype: 'FP32'): Float32Array;
export function room(count: number, datatype: 'FP64'): Float64Array;
/**
 * Room for so many floats, in a slab that many requests share: what is read one after another lies one after another, and is a
 * batch without being copied. A slab is never used twice, so nobody's values are overwritten; it goes when the last view of it goes.
 */
export function room(count: number, datatype: 'FP32' | 'FP64'): Float32Array | Float64Array {
  const bytes = count * (datatype === 'FP32' ? 4 : 8);
  const start = datatype === 'FP32' ? used : (used + 7) & ~7;
  if (bytes > SIZE / 4) return datatype === 'FP32' ? new Float32Array(count) : new Float64Array(count);
  if (start + bytes > SIZE) {
    slab = new ArrayBuffer(SIZE);
    used = bytes;
    return datatype === 'FP32' ? new Float32Array(slab, 0, count) : new Float64Array(slab, 0, count);
  }
  used = start + bytes;
  return datatype === 'FP32' ? new Float32Array(slab, start, count) : new Float64Array(slab, start, count);
}
