import type { Series } from '../../../src/tracking/contract.ts';
import { bucketize } from '../kit/chart/buckets.ts';
import {
  digitsOf,
  nearest,
  type ChartSeries,
  type OddPoint,
  type Range,
  type XAxis,
} from '../kit/chart/series.ts';

const ODD: Record<Series['marks'][number]['what'], OddPoint['kind']> = {
  NaN: 'NaN',
  Infinity: '∞',
  '-Infinity': '−∞',
};

/** Wider than a pixel or two a bucket, so that the envelope is a band and not a fence. */
const BUCKETS = 260;

/**
 * The server's points as a line of a chart. It sends every point, or of each of its buckets the first, least, greatest and
 * last; those are gathered into fewer, wider buckets here, whose extremes are therefore still exact.
 */
export function chartSeries(
  series: Series,
  name: string,
  x: XAxis,
  startedAt: number,
  /** The same run's metric on the x-axis, by step; without it such a line has no place. */
  across?: (step: number) => number,
): ChartSeries {
  const at = (step: number, time: number) =>
    x === 'metric' ? (across?.(step) ?? NaN) : x === 'step' ? step : x === 'wall' ? time : time - startedAt;
  const place = (i: number) => at(series.steps[i]!, series.times[i]!);
  // By step is the server's order; clocks may run otherwise.
  const order = series.steps.map((_, i) => i);
  if (x !== 'step') order.sort((a, b) => place(a) - place(b));
  const odd = series.marks
    .map(({ step, time, what }): OddPoint => ({ x: at(step, time), kind: ODD[what] }))
    .filter((point) => Number.isFinite(point.x));
  const finite = order.filter((i) => series.values[i] !== null && Number.isFinite(place(i)));
  const xs = finite.map(place);
  const ys = finite.map((i) => series.values[i]!);
  const head = {
    id: series.run,
    name,
    end: series.values.findLast((value) => value !== null) ?? undefined,
    odd: odd.toSorted((a, b) => a.x - b.x),
  };
  if (!series.thinned) return { ...head, x: xs, y: ys, min: ys, max: ys, count: xs.map(() => 1) };
  const { x: ends, min, max, mean, count } = bucketize(xs, ys, BUCKETS);
  return { ...head, x: ends, y: mean, min, max, count };
}

/** When each run began, for a relative axis: at its first point where it logged points of before (an import, a late start). */
export function runStarts(
  runs: readonly { id: string; started_at: number }[],
  series: readonly Series[],
): Map<string, number> {
  const starts = new Map(runs.map((run) => [run.id, run.started_at]));
  for (const { run, times, marks } of series) {
    let first = starts.get(run) ?? Infinity;
    for (const time of times) first = Math.min(first, time);
    for (const { time } of marks) first = Math.min(first, time);
    if (first !== Infinity) starts.set(run, first);
  }
  return starts;
}

/**
 * What a metric was at any step: between two of its points in proportion, and nothing before its first or after its last, where nobody
 * knows. Undefined for a metric without a finite point.
 */
export function acrossMetric({ steps, values }: Series): ((step: number) => number) | undefined {
  const points = steps.flatMap((step, i) => {
    const value = values[i];
    return value === null || value === undefined ? [] : [{ step, value }];
  });
  if (points.length === 0) return undefined;
  const xs = points.map(({ step }) => step);
  return (step) => {
    let i = nearest(xs, step);
    if (xs[i]! > step) i--;
    const before = points[i];
    const after = points[i + 1];
    if (before?.step === step) return before.value;
    if (before === undefined || after === undefined) return NaN;
    return before.value + ((after.value - before.value) * (step - before.step)) / (after.step - before.step);
  };
}

/** Which steps to ask for so that a part of the x-axis is filled, with a margin so that smoothing begins before the edge. */
export function stepsWithin(
  all: readonly Series[],
  x: XAxis,
  zoom: Range,
  startedAt: (run: string) => number,
  across: ReadonlyMap<string, (step: number) => number> = new Map(),
): { from: number; to: number } | undefined {
  let [from, to] = [Infinity, -Infinity];
  if (x === 'step') [from, to] = zoom;
  else {
    for (const series of all) {
      const start = x === 'relative' ? startedAt(series.run) : 0;
      const metric = across.get(series.run);
      series.times.forEach((time, i) => {
        const place = x === 'metric' ? (metric?.(series.steps[i]!) ?? NaN) : time - start;
        // So that what is no number, is outside.
        if (!(place >= zoom[0] && place <= zoom[1])) return;
        from = Math.min(from, series.steps[i]!);
        to = Math.max(to, series.steps[i]!);
      });
    }
    if (from > to) return undefined;
  }
  const margin = (to - from) * 0.1 + 1;
  return { from: Math.floor(from - margin), to: Math.ceil(to + margin) };
}

/** `from:to` in an address. */
export function parseZoom(text: string | undefined): Range | undefined {
  const [from, to] = (text ?? '').split(':').map((part) => (part.trim() === '' ? NaN : Number(part)));
  return from !== undefined && to !== undefined && Number.isFinite(from) && Number.isFinite(to) && from < to
    ? [from, to]
    : undefined;
}

export function formatZoom([from, to]: Range): string {
  const digits = digitsOf(from, to, 6);
  const round = (value: number) =>
    Math.abs(to - from) > 50 ? Math.round(value) : Number(value.toPrecision(digits));
  return `${round(from)}:${round(to)}`;
}
