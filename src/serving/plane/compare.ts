import { Json, type Cell, type Tensor } from '../../runtimes/index.ts';
import { isTexts } from './join.ts';

/** Values of an output that an example keeps. */
const SHOWN = 16;

/** The largest difference of two answers' numbers; Infinity where they cannot be subtracted: other names, sizes or texts. */
export function difference(a: readonly Tensor[], b: readonly Tensor[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const left of a) {
    const right = b.find(({ name }) => name === left.name);
    if (!right || right.data.length !== left.data.length) return Number.POSITIVE_INFINITY;
    for (let index = 0; index < left.data.length; index++) {
      const distance = apart(left.data[index]!, right.data[index]!);
      if (distance > largest) largest = distance;
    }
  }
  return largest;
}

function apart(a: number | bigint | Cell, b: number | bigint | Cell): number {
  if (a === b) return 0;
  if (a instanceof Json && b instanceof Json) return a.text === b.text ? 0 : Number.POSITIVE_INFINITY;
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return Buffer.compare(a, b) === 0 ? 0 : Number.POSITIVE_INFINITY;
  if (!isNumber(a) || !isNumber(b)) return Number.POSITIVE_INFINITY;
  const [left, right] = [Number(a), Number(b)];
  if (Number.isNaN(left) && Number.isNaN(right)) return 0;
  const distance = Math.abs(left - right);
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}

const isNumber = (one: unknown): one is number | bigint => typeof one === 'number' || typeof one === 'bigint';

/** An answer as an example keeps it: names, shapes and the first values. */
export const shown = (outputs: readonly Tensor[]): unknown =>
  outputs.slice(0, 8).map(({ name, shape, data }) => ({
    name,
    shape,
    data: (isTexts(data) ? data.slice(0, SHOWN) : Array.from<number | bigint>(data.subarray(0, SHOWN))).map(
      (value) => {
        if (typeof value === 'bigint') return Number(value);
        if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
        if (value instanceof Json) return value.text;
        return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
      },
    ),
  }));
