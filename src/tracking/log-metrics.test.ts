import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../test/property.ts';
import { createRun } from './create-run.ts';
import { databases, openRoom, type Room } from './fixture.suite.ts';
import { getManySeries, getSeries } from './get-series.ts';
import { getRun } from './load-runs.ts';
import { logBatch } from './log-batch.ts';
import type { MetricPoint } from './log-metrics.ts';
import { metricHistory } from './metric-history.ts';
import { selectBuckets } from './store/rollup.ts';
import { selectSeries } from './store/metrics.ts';
import { FACTOR } from './rollup.ts';

const newRun = ({ ctx }: Room) => createRun(ctx, { experiment: '0' });
const point = (step: number, value: number, time = 1000 + step, key = 'm'): MetricPoint => ({
  key,
  value,
  step,
  time,
});
const summary = async ({ ctx }: Room, run: string, key = 'm') =>
  (await getRun(ctx, run)).metrics.find((metric) => metric.key === key);

async function logAll(
  { ctx }: Room,
  run: string,
  points: readonly MetricPoint[],
  batch = 1000,
): Promise<void> {
  for (let i = 0; i < points.length; i += batch)
    await logBatch(ctx, run, { metrics: points.slice(i, i + batch) });
}

for (const kind of databases) {
  test(`${kind}: the latest value is the one of the highest step, then time, then value`, async () => {
    const room = await openRoom(kind);
    const cases: Array<[MetricPoint[], number | string]> = [
      [[point(5, 1, 10), point(3, 2, 99)], 1],
      [[point(3, 1, 10), point(3, 2, 9)], 1],
      [[point(3, 1, 10), point(3, 2, 10)], 2],
      [[point(3, 2, 10), point(3, 1, 10)], 2],
      [[point(3, -1, 10), point(3, Number.NaN, 10)], 'NaN'],
      [[point(3, 1, 10), point(3, Number.NaN, 10)], 1],
      [[point(-5, 1, 10), point(-6, 2, 99)], 1],
      [[point(1, Infinity)], 'Infinity'],
      [[point(1, -Infinity)], '-Infinity'],
    ];
    for (const [points, latest] of cases) {
      const together = await newRun(room);
      await logBatch(room.ctx, together, { metrics: points });
      assert.equal((await summary(room, together))?.last, latest, JSON.stringify(points));
      const apart = await newRun(room);
      for (const one of points) await logBatch(room.ctx, apart, { metrics: [one] });
      assert.equal((await summary(room, apart))?.last, latest, `apart ${JSON.stringify(points)}`);
    }
  });

  test(`${kind}: an exact repeat is no change; anything else is a point`, async () => {
    const room = await openRoom(kind);
    const run = await newRun(room);
    const points = [point(1, 1), point(1, 2), point(1, 1, 5), point(2, Number.NaN), point(2, 0, 1002)];
    await logBatch(room.ctx, run, { metrics: points });
    await logBatch(room.ctx, run, { metrics: points });
    await logBatch(room.ctx, run, { metrics: [...points, ...points] });
    const metric = await summary(room, run);
    assert.deepEqual(metric, {
      key: 'm',
      last: 'NaN',
      step: 2,
      time: 1002,
      min: 0,
      max: 2,
      mean: 1,
      count: 5,
    });
    const { points: history } = await metricHistory(room.ctx, run, 'm', 100);
    assert.deepEqual(history.map(({ time, step, value, nan }) => [time, step, value, nan]), [
      [5, 1, 1, 0], [1001, 1, 1, 0], [1001, 1, 2, 0], [1002, 2, 0, 0], [1002, 2, 0, 1],
    ]); // prettier-ignore
  });

  test(`${kind}: history pages join up`, async () => {
    const room = await openRoom(kind);
    const run = await newRun(room);
    await logAll(
      room,
      run,
      Array.from({ length: 250 }, (_, i) => point(i % 50, i % 7, 1000 + (i % 20))),
    );
    const whole = (await metricHistory(room.ctx, run, 'm', 1000)).points;
    const paged = [];
    for (let page: string | undefined, first = true; first || page !== undefined; first = false) {
      const found = await metricHistory(room.ctx, run, 'm', 30, page);
      paged.push(...found.points);
      page = found.next;
    }
    assert.deepEqual(paged, whole);
    assert.deepEqual(await metricHistory(room.ctx, run, 'none', 10), { points: [] });
  });

  test(`${kind}: stored buckets say exactly what their points say`, async () => {
    const room = await openRoom(kind);
    const { ctx } = room;
    const value = fc.oneof(
      fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e6, max: 1e6 }),
      fc.constantFrom(Number.NaN, Infinity, -Infinity, 0),
    );
    const stream = fc.array(
      fc.record({ step: fc.integer({ min: -20, max: 400 }), value, time: fc.integer({ min: 0, max: 20 }) }),
      { minLength: 1, maxLength: 700 },
    );
    await fc.assert(
      fc.asyncProperty(stream, fc.integer({ min: 1, max: 60 }), async (points, batch) => {
        const run = await newRun(room);
        await logAll(
          room,
          run,
          points.map((one) => ({ ...one, key: 'm' })),
          batch,
        );
        const series = (await selectSeries(ctx, run)).get('m')!;
        const stored = await ctx.db.selectFrom('metric_point' as never).selectAll().where('series' as never, '=', series.id as never).execute() as Array<{ n: number; step: number; value: number; nan: number }>; // prettier-ignore
        assert.equal(stored.length, series.count);
        const finite = (one: { value: number; nan: number }) =>
          one.nan === 0 && Math.abs(one.value) < Number.MAX_VALUE;
        assert.equal(stored.filter(finite).length, series.finite);
        for (let level = 1; FACTOR ** level <= series.next_n; level++) {
          const buckets = new Map(
            (await selectBuckets(ctx, series.id, level, 0, 1e9)).map((bucket) => [bucket.i, bucket]),
          );
          for (let i = 0; i < Math.floor(series.next_n / FACTOR ** level); i++) {
            const inside = stored.filter(({ n }) => Math.floor(n / FACTOR ** level) === i);
            const bucket = buckets.get(i);
            if (inside.length === 0) {
              assert.equal(bucket, undefined);
              continue;
            }
            const values = inside.filter(finite).map((one) => one.value);
            assert.equal(bucket?.count, values.length);
            assert.equal(bucket?.min?.[2], values.length > 0 ? Math.min(...values) : undefined);
            assert.equal(bucket?.max?.[2], values.length > 0 ? Math.max(...values) : undefined);
            assert.deepEqual(
              [bucket?.low, bucket?.high],
              [Math.min(...inside.map(({ step }) => step)), Math.max(...inside.map(({ step }) => step))],
            );
          }
          assert.equal(
            [...buckets.keys()].filter((i) => i >= Math.floor(series.next_n / FACTOR ** level)).length,
            0,
          );
        }
      }),
      { numRuns: kind === 'SQLite' ? 25 : 5 },
    );
  });

  test(`${kind}: a chart holds every extreme of every range, and says what is not finite`, async () => {
    const room = await openRoom(kind);
    const { ctx } = room;
    const run = await newRun(room);
    const length = kind === 'SQLite' ? 20_000 : 6000;
    const values = Array.from({ length }, (_, i) => Math.sin(i / 100));
    const spikes: Array<[number, number]> = [[4321, 50], [17, -40], [length - 3, 60], [Math.floor(length / 2), -70]]; // prettier-ignore
    for (const [i, spike] of spikes) values[i] = spike;
    values[999] = Number.NaN;
    values[2001] = Infinity;
    await logAll(
      room,
      run,
      values.map((value, i) => point(i * 3, value)),
    );
    for (const [from, to] of [
      [undefined, undefined],
      [0, 3 * length],
      [3 * 17, 3 * 5000],
      [3 * 4000, 3 * 4500],
      [3 * 4321, 3 * 4321],
      [3 * 900, 3 * 1100],
    ] as const) {
      for (const points of [20, 300]) {
        const chart = await getSeries(ctx, run, 'm', { from, to, points });
        const first = Math.ceil((from ?? 0) / 3);
        const last = Math.min(length - 1, Math.floor((to ?? 3 * length) / 3));
        const truth = values.slice(first, last + 1).filter(Number.isFinite);
        const shown = chart.values.filter((value) => value !== null);
        const label = `${from}…${to} in ${points}`;
        assert.equal(Math.min(...shown), Math.min(...truth), label);
        assert.equal(Math.max(...shown), Math.max(...truth), label);
        assert.equal(shown[0], truth[0], label);
        assert.equal(shown.at(-1), truth.at(-1), label);
        for (const [i, step] of chart.steps.entries())
          assert.equal(chart.values[i], values[step / 3], `${label} at ${step}`);
        assert.ok(
          chart.steps.every((step, i) => i === 0 || step > chart.steps[i - 1]!),
          'in order, once each',
        );
        assert.ok(
          chart.steps.length <= points * 4 + 4 * FACTOR * 4,
          `${label}: ${chart.steps.length} points`,
        );
        if (!chart.thinned) assert.equal(chart.steps.length, truth.length);
        const odd = [
          [2997, 3997, 'NaN'],
          [6003, 7003, 'Infinity'],
        ].filter(([step]) => Number(step) >= first * 3 && Number(step) <= last * 3);
        assert.deepEqual(
          chart.marks.map(({ step, time, what }) => [step, time, what]),
          odd,
          label,
        );
        assert.equal(chart.total, length);
      }
    }
    assert.deepEqual(
      (await getManySeries(ctx, [run, 'no such run'], ['m', 'none'], { points: 20 })).map(({ key }) => key),
      ['m'],
    );
    await assert.rejects(() => getSeries(ctx, run, 'none', {}), /has no metric 'none'/);
  });

  test(`${kind}: a sparse stretch keeps its shape beside a dense one`, async () => {
    const room = await openRoom(kind);
    const run = await newRun(room);
    const dense = Array.from({ length: 20_000 }, (_, i) => point(i, i % 10));
    const sparse = Array.from({ length: 200 }, (_, i) => point(20_000 + i * 1_000_000, i % 10, 30_000 + i));
    await logAll(room, run, [...dense, ...sparse]);
    const chart = await getSeries(room.ctx, run, 'm', { points: 1000 });
    assert.ok(chart.thinned);
    const right = chart.steps.filter((step) => step >= 20_000);
    assert.ok(right.length > 190, `${right.length} of 200 sparse points are shown`);
  });
}

test('points that no run may hold are refused, and nothing of their batch is kept', async () => {
  const room = await openRoom('SQLite');
  const run = await newRun(room);
  const events = room.told.length;
  const wrong: Array<[MetricPoint, RegExp]> = [
    [point(1, 1, -1), /timestamp/],
    [point(1.5, 1, 1), /step/],
    [point(2 ** 60, 1, 1), /step/],
    [point(1, 1, 1, ''), /name/],
    [point(1, 1, 1, 'a'.repeat(251)), /maximum length of 250/],
    [point(1, 1, 1, '../x'), /must not resolve to other names/],
    [point(1, 1, 1, 'a//b'), /must not resolve/],
    [point(1, 1, 1, '/a'), /must not resolve/],
    [point(1, 1, 1, 'a?b'), /may only contain/],
  ];
  for (const [bad, message] of wrong) {
    await assert.rejects(
      () => logBatch(room.ctx, run, { metrics: [point(1, 1), bad], params: [['p', 'x']] }),
      message,
    );
  }
  await assert.rejects(
    () => logBatch(room.ctx, run, { metrics: Array.from({ length: 1001 }, (_, i) => point(i, i)) }),
    /at most 1000 metrics/,
  );
  await assert.rejects(
    () => logBatch(room.ctx, 'nope', { metrics: [point(1, 1)] }),
    /Run with id=nope not found/,
  );
  await assert.rejects(() => logBatch(room.another('other'), run, { metrics: [point(1, 1)] }), /not found/);
  const { metrics, params } = await getRun(room.ctx, run);
  assert.deepEqual([metrics, params], [[], {}]);
  assert.equal(room.told.length, events, 'no event either');
  await logBatch(room.ctx, run, { metrics: [point(1, 1, 1, 'β/größe 1:x-y_z.w')] });
  assert.equal((await getRun(room.ctx, run)).metrics.length, 1);
});
