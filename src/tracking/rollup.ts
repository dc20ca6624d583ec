import type { NumberedPoint, Point } from './store/metrics.ts';

/**
 * The stored thinning of a metric. Points are numbered as they arrive; a bucket of level L covers 16^L numbers and
 * keeps their first, least, greatest and last point and what was not finite. A bucket is written once, when its last
 * number has been given out, so a point costs 1/15 of a row; the open tail is read from the level below.
 */
export const FACTOR = 16;

/** `[step, time, value]` */
export type Mark = readonly [step: number, time: number, value: number];

export interface Bucket {
  level: number;
  i: number;
  low: number;
  high: number;
  /** Finite points in it. */
  count: number;
  first?: Mark;
  min?: Mark;
  max?: Mark;
  last?: Mark;
  /** The first of each kind. */
  odd: OddMark[];
}
/** A point whose value is not finite. */
export type OddMark = readonly [step: number, time: number, what: Odd];
export type Odd = 'NaN' | 'Infinity' | '-Infinity';

/** Infinities are kept as the greatest double. */
export function oddity({ value, nan }: Pick<Point, 'value' | 'nan'>): Odd | undefined {
  if (nan === 1) return 'NaN';
  if (value === Number.MAX_VALUE) return 'Infinity';
  return value === -Number.MAX_VALUE ? '-Infinity' : undefined;
}

/** The bucket of these points; undefined when there are none (all were repeats). */
export function bucketOf(level: number, i: number, points: readonly Point[]): Bucket | undefined {
  if (points.length === 0) return undefined;
  const bucket = emptyBucket(level, i);
  for (const point of points) {
    bucket.low = Math.min(bucket.low, point.step);
    bucket.high = Math.max(bucket.high, point.step);
    const odd = oddity(point);
    if (odd) {
      addOdd(bucket, [point.step, point.time, odd]);
      continue;
    }
    const mark: Mark = [point.step, point.time, point.value];
    bucket.count++;
    if (!bucket.first || before(mark, bucket.first)) bucket.first = mark;
    if (!bucket.last || before(bucket.last, mark)) bucket.last = mark;
    if (!bucket.min || mark[2] < bucket.min[2]) bucket.min = mark;
    if (!bucket.max || mark[2] > bucket.max[2]) bucket.max = mark;
  }
  return bucket;
}

/** The bucket above these; exact, since extremes of extremes are extremes. */
export function mergeBuckets(level: number, i: number, parts: readonly Bucket[]): Bucket | undefined {
  if (parts.length === 0) return undefined;
  const bucket = emptyBucket(level, i);
  for (const part of parts) {
    bucket.low = Math.min(bucket.low, part.low);
    bucket.high = Math.max(bucket.high, part.high);
    bucket.count += part.count;
    if (part.first && (!bucket.first || before(part.first, bucket.first))) bucket.first = part.first;
    if (part.last && (!bucket.last || before(bucket.last, part.last))) bucket.last = part.last;
    if (part.min && (!bucket.min || part.min[2] < bucket.min[2])) bucket.min = part.min;
    if (part.max && (!bucket.max || part.max[2] > bucket.max[2])) bucket.max = part.max;
    for (const mark of part.odd) addOdd(bucket, mark);
  }
  return bucket;
}

const emptyBucket = (level: number, i: number): Bucket => ({
  level,
  i,
  low: Infinity,
  high: -Infinity,
  count: 0,
  odd: [],
});

function addOdd(bucket: Bucket, mark: OddMark): void {
  const known = bucket.odd.findIndex(([, , kind]) => kind === mark[2]);
  if (known < 0) bucket.odd.push(mark);
  else if (mark[0] < bucket.odd[known]![0]) bucket.odd[known] = mark;
}

/** By step, then time, then value: the order in which the latest value is chosen, too. */
const before = (a: Mark, b: Mark): boolean =>
  a[0] < b[0] || (a[0] === b[0] && (a[1] < b[1] || (a[1] === b[1] && a[2] < b[2])));

/** Which buckets of level 1 are complete once numbers below `next` are given out and were not before: `from` ≤ i < `to`. */
export const closedBuckets = (before: number, next: number, level: number): { from: number; to: number } => ({
  from: Math.floor(before / FACTOR ** level),
  to: Math.floor(next / FACTOR ** level),
});

/** Cuts points into the buckets of level 1 that `from` ≤ i < `to` covers. */
export function firstLevel(points: readonly NumberedPoint[], from: number, to: number): Bucket[] {
  const groups = new Map<number, NumberedPoint[]>();
  for (const point of points) {
    const i = Math.floor(point.n / FACTOR);
    if (i < from || i >= to) continue;
    const group = groups.get(i);
    if (group) group.push(point);
    else groups.set(i, [point]);
  }
  return [...groups].flatMap(([i, group]) => bucketOf(1, i, group) ?? []);
}
