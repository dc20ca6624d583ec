import type { Point } from './facts.ts';

/** How many points, and a sum over them that does not depend on their order: equal sums of 64 bits mean equal points. */
export interface Tally {
  count: number;
  a: number;
  b: number;
}

export const emptyTally = (): Tally => ({ count: 0, a: 0, b: 0 });

const numbers = new Float64Array(3);
const words = new Uint32Array(numbers.buffer);

/** As it is kept: the infinities as the greatest doubles, one zero, one NaN. */
export const kept = (value: number): number =>
  value === Infinity ? Number.MAX_VALUE : value === -Infinity ? -Number.MAX_VALUE : value === 0 ? 0 : value;

/** Two hashes of 32 bits of a point: of step, time and value as it is kept. */
export function hashOf({ step, time, value }: Pick<Point, 'step' | 'time' | 'value'>): [number, number] {
  numbers[0] = step === 0 ? 0 : step;
  numbers[1] = time === 0 ? 0 : time;
  numbers[2] = Number.isNaN(value) ? NaN : kept(value);
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (const word of words) {
    a = Math.imul(a ^ word, 0x85ebca6b);
    a ^= a >>> 13;
    b = Math.imul(b + word, 0xc2b2ae35);
    b ^= b >>> 16;
  }
  a = Math.imul(a ^ (a >>> 16), 0x9e3779b1);
  b = Math.imul(b ^ (b >>> 15), 0x27d4eb2f);
  return [(a ^ (a >>> 15)) >>> 0, (b ^ (b >>> 13)) >>> 0];
}

export function addTo(tally: Tally, [a, b]: readonly [number, number]): void {
  tally.count++;
  tally.a = (tally.a + a) >>> 0;
  tally.b = (tally.b + b) >>> 0;
}

export const sameTally = (one: Tally, other: Tally): boolean =>
  one.count === other.count && one.a === other.a && one.b === other.b;

/** Hashes that are remembered of one run: 32 MiB of them. A run with more points is compared as it stands. */
const MOST = 2 ** 21;

/** Tells exact repeats apart, which are one point here: a store of files keeps them, ours does not. */
export function createSeen(): {
  first(series: number, hash: readonly [number, number]): boolean;
  full(): boolean;
} {
  let slots = new Uint32Array(2 * 1024);
  let held = 0;
  const put = (into: Uint32Array, a: number, b: number): boolean => {
    const mask = into.length / 2 - 1;
    for (let at = (a ^ b) & mask; ; at = (at + 1) & mask) {
      const [x, y] = [into[2 * at]!, into[2 * at + 1]!];
      if (x === a && y === b) return false;
      if (x !== 0 || y !== 0) continue;
      into[2 * at] = a;
      into[2 * at + 1] = b;
      return true;
    }
  };
  return {
    full: () => held >= MOST,
    first(series, [x, y]) {
      if (held >= MOST) return true;
      // Nothing is 0, 0: that is an empty place.
      const a = (Math.imul(series + 1, 0x9e3779b1) ^ x) >>> 0 || 1;
      if (!put(slots, a, y)) return false;
      if (++held * 2 < slots.length / 2) return true;
      const larger = new Uint32Array(slots.length * 2);
      for (let at = 0; at < slots.length; at += 2)
        if (slots[at] !== 0 || slots[at + 1] !== 0) put(larger, slots[at]!, slots[at + 1]!);
      slots = larger;
      return true;
    },
  };
}
