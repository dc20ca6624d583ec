import type { Datatype, TensorData } from '../../../runtimes/index.ts';
import { room } from './slab.ts';

/** Powers of ten that a double holds exactly. */
const TENS = Array.from({ length: 23 }, (_, power) => 10 ** power);
/** Up to here a double holds every whole number. */
const EXACT = 2 ** 53;

/**
 * Numbers of a JSON array straight into the typed array. Undefined where it meets anything but plain numbers of the expected count
 * in the expected form: then the ordinary reader decides, so both always say the same.
 *
 * Digits are gathered in two whole numbers of nine each. A decimal of up to 53 bits and a power of ten up to 22 is one exact product or quotient of doubles, so correctly rounded.
 * For FP32 longer ones, such as those of a widened float32, are decided by the bounds of the error: where both bounds round to the
 * same float32 that is it.
 */
export function scan(
  json: Buffer,
  start: number,
  end: number,
  { datatype, shape, count }: { datatype: Datatype; shape: readonly number[]; count: number },
): TensorData | undefined {
  if (datatype !== 'FP32' && datatype !== 'FP64') return undefined;
  const single = datatype === 'FP32';
  const largest = single ? LARGEST_SINGLE : Number.MAX_VALUE;
  // More values than the text has room for is wrong, and no reason to fetch memory.
  if (count * 2 > end - start + 1) return undefined;
  const own = single ? room(count, 'FP32') : room(count, 'FP64');
  const rank = shape.length;
  let at = start;
  let byte = 0x20;
  let depth = 0;
  for (;;) {
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = json[at++]!;
    if (byte !== 0x5b) break;
    depth++;
    byte = 0x20;
  }
  // Flat, or nested in the very form of the shape.
  if (count === 0 || (depth !== 1 && depth !== rank)) return undefined;
  const row = depth === 1 ? count : shape[rank - 1]!;
  let left = row;
  let filled = 0;
  // `byte` is the one before `at` from here on: the first of a number.
  for (;;) {
    let negative = false;
    if (byte === 0x2d) {
      negative = true;
      byte = json[at++]!;
    }
    const first = at - 1;
    let high = byte - 0x30;
    if (!(high >= 0 && high <= 9)) return undefined;
    let low = 0;
    let size = 1;
    byte = json[at++]!;
    if (high === 0) {
      if (byte >= 0x30 && byte <= 0x39) return undefined; // 01
      size = 0;
    } else {
      while (byte >= 0x30 && byte <= 0x39) {
        if (size < 9) high = high * 10 + (byte - 0x30);
        else if (size < 18) low = low * 10 + (byte - 0x30);
        size++;
        byte = json[at++]!;
      }
    }
    let scale = 0;
    if (byte === 0x2e) {
      const point = at;
      byte = json[at++]!;
      while (byte >= 0x30 && byte <= 0x39) {
        if (size < 9) high = high * 10 + (byte - 0x30);
        else if (size < 18) low = low * 10 + (byte - 0x30);
        size++;
        byte = json[at++]!;
      }
      scale = point + 1 - at;
      if (scale === 0) return undefined; // `1.`
    }
    if (byte === 0x65 || byte === 0x45) {
      byte = json[at++]!;
      const minus = byte === 0x2d;
      if (minus || byte === 0x2b) byte = json[at++]!;
      if (!(byte >= 0x30 && byte <= 0x39)) return undefined;
      let power = 0;
      while (byte >= 0x30 && byte <= 0x39) {
        if (power < 10_000) power = power * 10 + (byte - 0x30);
        byte = json[at++]!;
      }
      scale += minus ? -power : power;
    }
    let value: number;
    const digits = size <= 9 ? high : high * TENS[size < 18 ? size - 9 : 9]! + low;
    if (size <= 18 && digits < EXACT && scale >= -22 && scale <= 22) {
      value = scale < 0 ? digits / TENS[-scale]! : digits * TENS[scale]!;
    } else if (single && size <= 18 && scale >= -22 && scale <= 0) {
      // Three steps have rounded by 2^-53 of the value at most.
      const near = digits / TENS[-scale]!;
      const error = near * 2 ** -50;
      const low = Math.fround(near - error);
      value = low === Math.fround(near + error) ? low : Number(json.toString('latin1', first, at - 1));
    } else {
      value = Number(json.toString('latin1', first, at - 1));
    }
    own[filled++] = negative ? -value : value;
    if (!(value <= largest)) return undefined; // too large for the type: the ordinary reader names it
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = json[at++]!;
    if (--left > 0) {
      if (byte !== 0x2c) return undefined;
      byte = json[at++]!;
    } else {
      left = row;
      // As many arrays end here as dimensions are full.
      let ends = depth === 1 ? 1 : 0;
      if (depth > 1) {
        let size = 1;
        for (let axis = rank - 1; axis >= 0; axis--) {
          size *= shape[axis]!;
          if (filled % size !== 0) break;
          ends++;
        }
      }
      for (let index = 0; index < ends; index++) {
        if (byte !== 0x5d) return undefined;
        if (filled === count && index === ends - 1) return at === end ? own : undefined;
        byte = json[at++]!;
        while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = json[at++]!;
      }
      if (byte !== 0x2c) return undefined;
      byte = json[at++]!;
      for (let index = 0; index < ends; index++) {
        while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = json[at++]!;
        if (byte !== 0x5b) return undefined;
        byte = json[at++]!;
      }
    }
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = json[at++]!;
  }
}

/** The largest float32, and what is past half a step above it rounds to infinity. */
const LARGEST_SINGLE = 3.4028235677973362e38;
