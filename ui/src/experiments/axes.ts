import { digitsOf } from '../kit/chart/series.ts';
import type { Brush } from './work-state.ts';

/** Axes of charts that draw whole runs: numbers along a scale, or texts one above the other. Pure. */

export type Value = string | number | undefined;

export type Axis =
  | { kind: 'number'; id: string; low: number; high: number; log: boolean }
  | { kind: 'text'; id: string; values: string[] };

/** A scale over this many powers of ten shows nothing of its lower end unless it is logarithmic. */
const WIDE = 100;
/** More texts than this stand too close to be read, or brushed. */
const MOST_TEXTS = 60;

export const numberOf = (value: Value): number | undefined => {
  if (value === undefined || (typeof value === 'string' && value.trim() === '')) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
};

/** How an axis lays out what the runs have: as numbers where all of them are. */
export function axisOf(id: string, values: readonly Value[]): Axis {
  const known = values.filter((value) => value !== undefined);
  const numbers = known.flatMap((value) => numberOf(value) ?? []);
  const metric = id.startsWith('metrics.');
  if (numbers.length > 0 && (metric || numbers.length === known.length)) {
    let [low, high] = [Infinity, -Infinity];
    for (const number of numbers) {
      low = Math.min(low, number);
      high = Math.max(high, number);
    }
    const log = low > 0 && high / low >= WIDE;
    if (low === high) {
      const room = Math.abs(low) * 0.1 || 1;
      [low, high] = [low - room, high + room];
    }
    return { kind: 'number', id, low, high, log };
  }
  const texts = [...new Set(known.map(String))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return { kind: 'text', id, values: texts.slice(0, MOST_TEXTS) };
}

/** Where a value stands, from 0 at the bottom to 1 at the top; undefined where it has no place. */
export function placeOn(axis: Axis, value: Value): number | undefined {
  if (axis.kind === 'text') {
    const at = value === undefined ? -1 : axis.values.indexOf(String(value));
    return at < 0 ? undefined : (at + 0.5) / axis.values.length;
  }
  const number = numberOf(value);
  if (number === undefined) return undefined;
  return axis.log
    ? Math.log(number / axis.low) / Math.log(axis.high / axis.low)
    : (number - axis.low) / (axis.high - axis.low);
}

/** The value that stands at a share of the axis. */
export function valueAt(axis: Axis & { kind: 'number' }, share: number): number {
  return axis.log ? axis.low * (axis.high / axis.low) ** share : axis.low + share * (axis.high - axis.low);
}

/** What is brushed between two places; undefined where nothing is, or all of it. */
export function brushBetween(axis: Axis, a: number, b: number): Brush | undefined {
  const [from, to] = [Math.max(0, Math.min(a, b)), Math.min(1, Math.max(a, b))];
  if (from <= 0 && to >= 1) return undefined;
  if (axis.kind === 'number') {
    // As many digits as tell places of the axis apart; its ends as they are, so that nothing at them drops out.
    const digits = axis.log ? 5 : digitsOf(axis.low, axis.high, 5);
    const short = (share: number) =>
      share <= 0 ? axis.low : share >= 1 ? axis.high : Number(valueAt(axis, share).toPrecision(digits));
    return from > to ? undefined : { id: axis.id, from: short(from), to: short(to) };
  }
  const values = axis.values.filter((_, i) => {
    const place = (i + 0.5) / axis.values.length;
    return place >= from && place <= to;
  });
  return values.length === 0 || values.length === axis.values.length ? undefined : { id: axis.id, values };
}

/** The part of the axis that a brush covers. */
export function brushedPart(axis: Axis, brush: Brush): readonly [number, number] | undefined {
  if (brush.values === undefined) {
    if (axis.kind !== 'number') return undefined;
    const inside = (value: number) => Math.min(Math.max(value, axis.low), axis.high);
    return [placeOn(axis, inside(brush.from)) ?? 0, placeOn(axis, inside(brush.to)) ?? 1];
  }
  if (axis.kind !== 'text') return undefined;
  const places = brush.values.flatMap((value) => placeOn(axis, value) ?? []);
  if (places.length === 0) return undefined;
  const half = 0.5 / axis.values.length;
  return [Math.min(...places) - half, Math.max(...places) + half];
}

/** Whether a run is inside of a brush: as the server's filter has it. */
export function isInside(brush: Brush, value: Value): boolean {
  if (brush.values !== undefined) return value !== undefined && brush.values.includes(String(value));
  const number = numberOf(value);
  return number !== undefined && number >= brush.from && number <= brush.to;
}
