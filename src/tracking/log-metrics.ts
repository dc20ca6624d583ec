import type { Tx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { checkKey } from './limits.ts';
import { closedBuckets, FACTOR, firstLevel, mergeBuckets, oddity, type Bucket } from './rollup.ts';
import {
  insertPoints,
  lockRunMetrics,
  newSeries,
  selectPoints,
  selectSeries,
  takeSeriesIds,
  upsertSeries,
  type NumberedPoint,
  type Point,
  type SeriesRow,
} from './store/metrics.ts';
import { insertBuckets, selectBuckets } from './store/rollup.ts';
import type { RunTableRow } from './store/runs.ts';

export interface MetricPoint {
  key: string;
  value: number;
  /** Milliseconds since 1970. */
  time: number;
  step: number;
}

/** Refuses what no run may hold; outside the transaction, since it needs nothing of it. */
export function checkMetrics(points: readonly MetricPoint[], field: (i: number) => string): void {
  for (const [i, { key, value, time, step }] of points.entries()) {
    checkKey(key, `${field(i)}name`);
    if (typeof value !== 'number')
      throw invalid(`Invalid value for parameter '${field(i)}value' supplied: it must be a number`, {
        field: `${field(i)}value`,
      });
    if (!Number.isSafeInteger(time) || time < 0) {
      throw invalid(
        `Invalid value ${time} for parameter '${field(i)}timestamp' supplied: it must be milliseconds since 1970, 0 or more`,
        { field: `${field(i)}timestamp` },
      );
    }
    if (!Number.isSafeInteger(step))
      throw invalid(
        `Invalid value ${step} for parameter '${field(i)}step' supplied: it must be a whole number`,
        { field: `${field(i)}step` },
      );
  }
}

/** Appends points, moves the latest values and closes rollup buckets: all in the caller's transaction. */
export async function appendMetrics(tx: Tx, run: RunTableRow, points: readonly MetricPoint[]): Promise<void> {
  if (points.length === 0) return;
  await lockRunMetrics(tx, run.id);
  const byKey = new Map<string, Point[]>();
  for (const point of points) {
    const kept = keep(point);
    const group = byKey.get(point.key);
    if (group) group.push(kept);
    else byKey.set(point.key, [kept]);
  }
  const known = await selectSeries(tx, run.id, [...byKey.keys()]);
  const fresh = [...byKey.keys()].filter((key) => !known.has(key));
  if (fresh.length > 0) {
    const first = await takeSeriesIds(tx, fresh.length);
    fresh.forEach((key, i) => known.set(key, newSeries(first + i, run, key)));
  }

  const appended = [...byKey].map(([key, group]) => {
    const old = known.get(key)!;
    const numbered = group.map((point, i): NumberedPoint => ({ ...point, n: old.next_n + i }));
    return { old, numbered, there: numbered };
  });
  const rows = appended.flatMap(({ old, numbered }) =>
    numbered.map(({ n, step, time, value, nan }) => [old.id, n, step, time, value, nan] as const),
  );
  const written = await insertPoints(tx, rows);
  // Repeats were left out; which ones only the table knows. Their numbers are new, so that it is asked for this batch alone.
  if (written < rows.length)
    for (const one of appended)
      one.there = await selectPoints(tx, one.old.id, one.old.next_n, one.old.next_n + one.numbered.length);
  await upsertSeries(
    tx,
    appended.map(({ old, numbered, there }) => ({
      ...advanced(old, there),
      next_n: old.next_n + numbered.length,
    })),
  );
  for (const { old, numbered, there } of appended)
    await closeBuckets(tx, old, there, old.next_n + numbered.length);
}

/** NaN is kept as 0 with a mark, infinities as the greatest doubles: what every database can store and sort. */
function keep({ value, step, time }: MetricPoint): Point {
  if (Number.isNaN(value)) return { step, time, value: 0, nan: 1 };
  const clamped = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  return { step, time, value: clamped === 0 ? 0 : clamped, nan: 0 }; // -0 and 0 are one value
}

/** The series with these points counted in. The latest: highest step, then time, then value. */
function advanced(old: SeriesRow, group: readonly Point[]): SeriesRow {
  const series = { ...old, count: old.count + group.length };
  let empty = old.count === 0;
  for (const point of group) {
    const later =
      point.step > series.last_step ||
      (point.step === series.last_step &&
        (point.time > series.last_time ||
          (point.time === series.last_time && point.value > series.last_value)));
    if (empty || later) {
      empty = false;
      Object.assign(series, {
        last_step: point.step,
        last_time: point.time,
        last_value: point.value,
        last_nan: point.nan,
      });
    }
    if (oddity(point)) continue;
    series.finite++;
    series.sum += point.value;
    series.min = Math.min(series.min ?? point.value, point.value);
    series.max = Math.max(series.max ?? point.value, point.value);
  }
  return series;
}

/** `fresh`: the points that were written under numbers from the series' next one up to `next`. */
async function closeBuckets(
  tx: Tx,
  { id, next_n: old }: SeriesRow,
  fresh: readonly NumberedPoint[],
  next: number,
): Promise<void> {
  const first = closedBuckets(old, next, 1);
  if (first.to <= first.from) return;
  // The open bucket began before these points.
  const start = first.from * FACTOR;
  const points = [...(start < old ? await selectPoints(tx, id, start, old) : []), ...fresh];
  let buckets: Bucket[] = firstLevel(points, first.from, first.to);
  await insertBuckets(tx, id, buckets);
  for (let level = 2; ; level++) {
    const { from, to } = closedBuckets(old, next, level);
    if (to <= from) return;
    const earliest = buckets[0]?.i ?? 0;
    const below = [
      ...(from * FACTOR < earliest ? await selectBuckets(tx, id, level - 1, from * FACTOR, earliest) : []),
      ...buckets,
    ];
    const above: Bucket[] = [];
    for (let i = from; i < to; i++) {
      const bucket = mergeBuckets(
        level,
        i,
        below.filter((part) => Math.floor(part.i / FACTOR) === i),
      );
      if (bucket) above.push(bucket);
    }
    await insertBuckets(tx, id, above);
    buckets = above;
  }
}
