import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import type { Series } from './contract.ts';
import { FACTOR, oddity, type Bucket, type Mark, type OddMark } from './rollup.ts';
import {
  selectPoints,
  selectSeries,
  selectSeriesOf,
  type NumberedPoint,
  type SeriesRow,
} from './store/metrics.ts';
import { countBuckets, selectBuckets } from './store/rollup.ts';
import { selectRunRow } from './store/runs.ts';

/** About how many of a series, unless said. */
const POINTS = 1000;

export interface Range {
  from?: number | undefined;
  to?: number | undefined;
  points?: number | undefined;
}

export async function getSeries(ctx: Ctx, run: string, key: string, range: Range): Promise<Series> {
  await selectRunRow(ctx, run);
  const series = (await selectSeries(ctx, run, [key])).get(key);
  if (!series)
    throw missing(`run ${run} has no metric '${key}'`, {
      field: 'key',
      hint: 'list the run’s metrics to see their keys',
    });
  return readSeries(ctx, series, range);
}

/** Series of one answer, and points of all of them: a chart shows a few hundred lines and some thousand points. */
const MOST_SERIES = 10_000;
const MOST_POINTS = 200_000;

/** Those that exist of every run and key. Where they are many, each is thinned further, so that all together stay within bounds. */
export async function getManySeries(
  ctx: Ctx,
  runs: readonly string[],
  keys: readonly string[],
  range: Range,
): Promise<Series[]> {
  const found = await selectSeriesOf(ctx, [...new Set(runs)], [...new Set(keys)]);
  if (found.length > MOST_SERIES)
    throw invalid(
      `these runs have ${found.length} metrics of these keys, and one answer may hold ${MOST_SERIES}`,
      { field: 'runs', hint: 'ask for fewer runs or keys at once' },
    );
  const points = Math.max(4, Math.min(range.points ?? POINTS, Math.floor(MOST_POINTS / found.length)));
  const all: Series[] = [];
  for (const series of found) all.push(await readSeries(ctx, series, { ...range, points }));
  return all;
}

/**
 * Walks down from the coarsest level that has about enough buckets. A bucket that lies within the range and is not
 * much wider than others gives its first, least, greatest and last point; one that does not is opened. So every
 * extreme of the range is among the points, and the work depends on `points`, not on how long the metric is.
 */
async function readSeries(ctx: Ctx, series: SeriesRow, range: Range): Promise<Series> {
  const points = range.points ?? POINTS;
  const steps = { low: range.from ?? Number.MIN_SAFE_INTEGER, high: range.to ?? Number.MAX_SAFE_INTEGER };
  const reader: Reader = { db: { db: ctx.scan }, series: series.id, steps };
  const { level, whole: wanted } = await chooseLevel(reader, series.next_n, points);
  const marks: Mark[] = [];
  const odd: OddMark[] = [];
  if (level === 0) {
    collect(await selectPoints(reader.db, series.id, 0, series.next_n), steps, marks, odd);
    return toSeries(series, marks, odd, false);
  }
  const covered = await cover(reader, series.next_n, level);
  // Buckets far wider than their share hide the shape of sparse stretches: those are opened, too.
  const [low, high] = extent(covered.whole, covered.tail, steps);
  const widest = Math.max(1, ((high - low) / points) * FACTOR);
  const told = (bucket: Bucket) =>
    wanted &&
    bucket.low >= steps.low &&
    bucket.high <= steps.high &&
    bucket.high - bucket.low <= widest &&
    // Written by an early version, which kept no time of what is not finite.
    bucket.odd.every((mark) => mark.length === 3);
  let opened = covered.tail;
  for (let open = covered.whole; open.length > 0;) {
    for (const bucket of open.filter(told)) {
      for (const mark of [bucket.first, bucket.min, bucket.max, bucket.last]) if (mark) marks.push(mark);
      odd.push(...bucket.odd);
    }
    const children = await below(
      reader,
      open.filter((bucket) => !told(bucket)),
    );
    opened = opened.concat(children.points);
    open = children.buckets;
  }
  collect(opened, steps, marks, odd);
  return toSeries(series, marks, odd, wanted);
}

interface Reader {
  db: Pick<Ctx, 'db'>;
  series: number;
  steps: { low: number; high: number };
}

/**
 * The finest level with at most `points` buckets in the range. Where the range has few enough points, every one is
 * wanted: level 0 for the whole metric, or buckets of level 1 to be opened (`whole` false).
 */
async function chooseLevel(
  reader: Reader,
  next: number,
  points: number,
): Promise<{ level: number; whole: boolean }> {
  if (next <= points * 4) return { level: 0, whole: true };
  for (let level = 1; FACTOR ** level <= next; level++) {
    const count = await countBuckets(reader.db, reader.series, level, reader.steps);
    if (level === 1 && count * FACTOR <= points * 4) return { level, whole: false };
    if (count <= points) return { level, whole: true };
  }
  return { level: Math.max(1, Math.floor(Math.log(next) / Math.log(FACTOR))), whole: true };
}

/** The complete buckets of a level, and of each level below what no complete bucket holds yet. */
async function cover(
  reader: Reader,
  next: number,
  level: number,
): Promise<{ whole: Bucket[]; tail: NumberedPoint[] }> {
  const whole: Bucket[] = [];
  let from = 0;
  for (let at = level; at >= 1; at--) {
    const to = Math.floor(next / FACTOR ** at);
    whole.push(...(await selectBuckets(reader.db, reader.series, at, from, to, reader.steps)));
    from = to * FACTOR;
  }
  return { whole, tail: await selectPoints(reader.db, reader.series, from, next) };
}

/** What lies under buckets; neighbours are read together. */
async function below(
  reader: Reader,
  buckets: readonly Bucket[],
): Promise<{ buckets: Bucket[]; points: NumberedPoint[] }> {
  const found = { buckets: new Array<Bucket>(), points: new Array<NumberedPoint>() };
  const runs: Array<{ level: number; from: number; to: number }> = [];
  for (const { level, i } of buckets) {
    const last = runs.at(-1);
    if (last && last.level === level && last.to === i) last.to++;
    else runs.push({ level, from: i, to: i + 1 });
  }
  for (const { level, from, to } of runs) {
    if (level === 1)
      found.points.push(...(await selectPoints(reader.db, reader.series, from * FACTOR, to * FACTOR)));
    else
      found.buckets.push(
        ...(await selectBuckets(
          reader.db,
          reader.series,
          level - 1,
          from * FACTOR,
          to * FACTOR,
          reader.steps,
        )),
      );
  }
  return found;
}

function extent(
  whole: readonly Bucket[],
  tail: readonly NumberedPoint[],
  steps: Reader['steps'],
): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const bucket of whole) {
    low = Math.min(low, bucket.low);
    high = Math.max(high, bucket.high);
  }
  for (const { step } of tail) {
    low = Math.min(low, step);
    high = Math.max(high, step);
  }
  return [Math.max(low, steps.low), Math.min(high, steps.high)];
}

function collect(
  points: readonly NumberedPoint[],
  steps: Reader['steps'],
  marks: Mark[],
  odd: OddMark[],
): void {
  for (const point of points) {
    if (point.step < steps.low || point.step > steps.high) continue;
    const what = oddity(point);
    if (what) odd.push([point.step, point.time, what]);
    else marks.push([point.step, point.time, point.value]);
  }
}

function toSeries(series: SeriesRow, marks: Mark[], odd: OddMark[], thinned: boolean): Series {
  const sorted = marks.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  const distinct = sorted.filter(
    (mark, i) => i === 0 || mark.some((value, j) => value !== sorted[i - 1]![j]),
  );
  return {
    run: series.run_id,
    key: series.key,
    steps: distinct.map(([step]) => step),
    times: distinct.map(([, time]) => time),
    values: distinct.map(([, , value]) => value),
    marks: odd.toSorted((a, b) => a[0] - b[0]).map(([step, time, what]) => ({ step, time, what })),
    total: series.count,
    thinned,
  };
}
