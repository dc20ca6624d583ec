import { allocateNumbers, isTyped } from '../spec/element.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Rows like the sample's, so that two models are compared where requests will lie: numbers scattered around those of the
 * sample, text taken from it. The same every time: what was kept once would be kept again.
 */
export function rowsAround(sample: readonly Tensor[], rows: number, seed = 1): Tensor[] {
  const random = generator(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return sample.map((tensor) => {
    const given = tensor.shape[0] ?? 1;
    const stride = tensor.data.length / given;
    const pick = (i: number): number => Math.floor(random() * given) * stride + (i % stride);
    const shape = [rows, ...tensor.shape.slice(1)];
    const { data, datatype } = tensor;
    if (!isTyped(data) || datatype === 'BYTES')
      return {
        ...tensor,
        shape,
        data: Array.from({ length: rows * stride }, (_, i) => data[pick(i)] as string),
      };
    const made = allocateNumbers(datatype, rows * stride);
    for (let i = 0; i < made.length; i++) {
      const value = Number(data[pick(i)]);
      if (datatype === 'BOOL') made[i] = random() < 0.5 ? 0 : 1;
      else if (datatype === 'FP32' || datatype === 'FP64')
        made[i] = value + normal() * Math.max(Math.abs(value) * 0.5, 0.1);
      else if (made instanceof BigInt64Array || made instanceof BigUint64Array)
        made[i] = BigInt(
          Math.max(
            value < 0 ? -Infinity : 0,
            Math.round(value + normal() * Math.max(Math.abs(value) * 0.3, 1)),
          ),
        );
      else if (datatype !== 'FP16')
        made[i] = Math.max(value < 0 ? -Infinity : 0, Math.round(value + normal() * Math.abs(value) * 0.3));
      else made[i] = data[pick(i)] as number;
    }
    return { ...tensor, shape, data: made };
  });
}

/** Mulberry32: small, and the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
