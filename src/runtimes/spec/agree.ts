import { Json, type Tensor } from '../tensor.ts';

/**
 * Largest difference of two tensors of one shape, relative where values are above 1. Infinity where they cannot agree: another
 * shape, other text, NaN on one side alone.
 */
export function difference(a: Tensor, b: Tensor): number {
  if (a.data.length !== b.data.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) {
    const left = a.data[i];
    const right = b.data[i];
    if (left === right) continue;
    if (!isNumber(left) || !isNumber(right)) {
      if (left === null || right === null || left instanceof Json !== right instanceof Json) return Infinity;
      if (textOf(left) !== textOf(right)) return Infinity;
      continue;
    }
    const x = Number(left);
    const y = Number(right);
    if (Number.isNaN(x) && Number.isNaN(y)) continue;
    const gap = Math.abs(x - y) / Math.max(1, Math.abs(x), Math.abs(y));
    if (!(gap <= largest)) largest = Number.isNaN(gap) ? Infinity : gap;
  }
  return largest;
}

export const agree = (a: Tensor, b: Tensor, tolerance: number): boolean =>
  a.shape.length === b.shape.length && difference(a, b) <= tolerance;

const isNumber = (value: unknown): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

const textOf = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);
