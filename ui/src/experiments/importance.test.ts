import assert from 'node:assert/strict';
import test from 'node:test';
import { importances } from './importance.ts';

/** Evenly scattered, without chance. */
const scatter = (i: number, by: number) => (i * by) % 1;
const N = 240;
const depth = Array.from({ length: N }, (_, i) => String(2 + Math.floor(scatter(i, 0.6180339887) * 9)));
const noise = Array.from({ length: N }, (_, i) => String(scatter(i, 0.7548776662)));
const model = Array.from(
  { length: N },
  (_, i) => ['forest', 'boosted', 'linear'][Math.floor(scatter(i, 0.5698402909) * 3)]!,
);
const metric = Array.from(
  { length: N },
  (_, i) => 3 * Number(depth[i]) + (model[i] === 'boosted' ? 6 : 0) + scatter(i, 0.3819660113),
);

test('what makes the metric comes first, what has nothing to do with it last', async () => {
  const found = (await importances(metric, { noise, depth, model }))!;
  assert.deepEqual(
    found.params.map(({ param }) => param),
    ['depth', 'model', 'noise'],
  );
  assert.ok(found.explained > 0.9, `explains ${found.explained}`);
  assert.equal(found.runs, N);
  const [d, m, n] = found.params;
  assert.ok(d!.share > 0.6 && m!.share > 0.05 && n!.share < 0.02, JSON.stringify(found.params));
  assert.ok(d!.correlation! > 0.9 && m!.correlation === undefined && Math.abs(n!.correlation!) < 0.2);
  assert.ok(Math.abs(found.params.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
});

test('a text that each run has for itself explains nothing', async () => {
  const own = metric.map((_, i) => `run ${i}`);
  const found = (await importances(metric, { own, depth }))!;
  assert.equal(found.params[0]!.param, 'depth');
  assert.ok(found.params[1]!.share < 0.25, JSON.stringify(found.params));
});

test('runs without the metric are left out, and few runs say nothing', async () => {
  const few = (await importances([1, 2, 3, undefined, NaN], { depth: ['1', '2', '3', '4', '5'] }))!;
  assert.deepEqual([few.runs, few.explained, few.params[0]!.share], [3, 0, 0]);
  assert.ok(Math.abs(few.params[0]!.correlation! - 1) < 1e-12);
  const flat = (await importances(Array<number>(50).fill(1), { depth: depth.slice(0, 50) }))!;
  assert.equal(flat.explained, 0);
  const gaps = (await importances(metric, {
    depth: depth.map((value, i) => (i % 4 === 0 ? undefined : value)),
  }))!;
  assert.equal(gaps.params[0]!.runs, N * 0.75);
});

test('it is the same each time, and ends when nobody waits', async () => {
  assert.deepEqual(await importances(metric, { depth, model }), await importances(metric, { depth, model }));
  assert.equal(await importances(metric, { depth }, () => Promise.resolve(false)), undefined);
});
