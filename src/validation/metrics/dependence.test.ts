import assert from 'node:assert/strict';
import test from 'node:test';
import { binaryMetrics } from './binary.ts';
import { byGroup, byTime } from './dependence.ts';
import { t95, type Estimate } from './estimate.ts';
import { random } from '../../../test/random.ts';
import { regressionMetrics } from './regression.ts';
import { widened, widthOf } from './widen.ts';

const numbers = (n: number, of: (i: number) => number): Uint32Array =>
  Uint32Array.from({ length: n }, (_one, i) => of(i));
/** Contributions to a mean. */
function contributions(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  return values.map((one) => (one - mean) / values.length);
}

test('entities of equal size: G/(G − 1) times the sum of their squared sums, with G − 1 degrees of freedom', () => {
  const r = random(1);
  const each = contributions(Float64Array.from({ length: 60 }, () => r.normal()));
  const codes = numbers(60, (i) => i % 12);
  const { variance, df, units } = byGroup(codes, 12, ['g'], true).variance(each);
  const sums = new Float64Array(12);
  each.forEach((one, i) => (sums[codes[i]!]! += one));
  const known = (12 / 11) * sums.reduce((sum, one) => sum + one * one, 0);
  assert.ok(Math.abs(variance / known - 1) < 1e-12);
  assert.deepEqual([df, units], [11, 12]);
});

test('a large entity beside small ones counts as fewer, and one alone says nothing', () => {
  const r = random(2);
  const each = contributions(Float64Array.from({ length: 200 }, () => r.normal()));
  const uneven = byGroup(
    numbers(200, (i) => (i < 150 ? 0 : i)),
    200,
    ['g'],
    true,
  ).variance(each);
  assert.ok(uneven.df < 3, String(uneven.df));
  const one = byGroup(new Uint32Array(200), 1, ['g'], true).variance(each);
  assert.deepEqual([one.variance, one.df], [Infinity, 0]);
});

test('rows said five times are as wide as said once, by entity and by moment', () => {
  const r = random(3);
  const once = Float64Array.from({ length: 300 }, () => Math.abs(r.normal()));
  const often = Float64Array.from({ length: 1500 }, (_one, i) => once[Math.floor(i / 5)]!);
  const single = widthOf(contributions(once), 299, []);
  const codes = numbers(1500, (i) => Math.floor(i / 5));
  for (const structure of [byGroup(codes, 300, ['g'], true), byTime(codes, 300, ['t'], true)]) {
    const { half, plain, effect } = widthOf(contributions(often), 1499, [structure]);
    assert.ok(Math.abs(plain / single.plain - 1 / Math.sqrt(5)) < 0.01);
    assert.ok(
      half / single.plain > 0.75 && half / single.plain < 1.35,
      `${structure.kind}: ${half / single.plain}`,
    );
    assert.ok(effect > 3 && effect < 8, `${structure.kind}: ${effect}`);
    assert.ok(structure.variance(contributions(often)).correlated);
  }
});

test('independent rows do not look correlated, whatever they are counted by, and no interval gets narrower', () => {
  let looks = 0;
  let wide = 0;
  for (let seed = 0; seed < 200; seed++) {
    const r = random(100 + seed);
    const each = contributions(Float64Array.from({ length: 400 }, () => r.normal() ** 2));
    for (const structure of [
      byGroup(
        numbers(400, (i) => i % 20),
        20,
        ['g'],
        true,
      ),
      byTime(
        numbers(400, (i) => i),
        400,
        ['t'],
        true,
      ),
    ]) {
      looks += Number(structure.variance(each).correlated);
      const { half, plain } = widthOf(each, 399, [structure]);
      assert.ok(half >= plain);
      wide += Number(half > 1.5 * plain);
    }
  }
  assert.ok(looks <= 16, String(looks));
  assert.ok(wide <= 40, String(wide));
});

test('the order of the rows in the file says nothing: time does', () => {
  const r = random(5);
  let last = 0;
  const series = contributions(Float64Array.from({ length: 500 }, () => (last = 0.9 * last + r.normal())));
  const places = Array.from({ length: 500 }, (_one, i) => i).toSorted(() => r.uniform() - 0.5);
  const shuffled = Float64Array.from(places, (at) => series[at]!);
  const inOrder = byTime(
    numbers(500, (i) => i),
    500,
    ['t'],
    true,
  ).variance(series);
  const back = byTime(Uint32Array.from(places), 500, ['t'], true).variance(shuffled);
  assert.ok(Math.abs(inOrder.variance / back.variance - 1) < 1e-9);
  assert.ok(inOrder.variance > 5 * inOrder.plain && inOrder.correlated);
  assert.ok(
    !byTime(
      numbers(500, (i) => i),
      500,
      ['t'],
      true,
    ).variance(shuffled).correlated,
  );
});

test('what is declared adds up; of what was found the widest counts', () => {
  const r = random(8);
  const [people, days] = [
    Array.from({ length: 30 }, () => r.normal()),
    Array.from({ length: 200 }, () => r.normal()),
  ];
  const each = contributions(
    Float64Array.from(
      { length: 6000 },
      (_one, i) => people[i % 30]! + days[Math.floor(i / 30)]! + 0.5 * r.normal(),
    ),
  );
  const of = (declared: boolean) => [
    byGroup(
      numbers(6000, (i) => i % 30),
      30,
      ['person'],
      declared,
    ),
    byTime(
      numbers(6000, (i) => Math.floor(i / 30)),
      200,
      ['day'],
      declared,
    ),
  ];
  const [group, time] = of(true).map((structure) => structure.variance(each));
  const both = widthOf(each, 5999, of(true));
  const added = group!.variance + time!.variance - group!.plain;
  assert.ok(group!.variance > 2 * group!.plain && time!.variance > 2 * group!.plain);
  assert.ok(Math.abs(both.effect / (added / group!.plain) - 1) < 1e-9);
  const freedom = both.half / Math.sqrt(added);
  assert.ok(
    freedom <= t95(Math.min(group!.df, time!.df)) && freedom >= t95(group!.df + time!.df),
    `${freedom}`,
  );
  const found = widthOf(each, 5999, of(false));
  assert.ok(
    found.half > 3 * found.plain && found.effect < both.effect,
    JSON.stringify([found, both, group, time]),
  );
});

test('widened intervals keep within the bounds of their metric and hold the value', () => {
  const r = random(7);
  const n = 240;
  const label = Uint8Array.from({ length: n }, () => Number(r.uniform() < 0.4));
  const codes = numbers(n, (i) => Math.floor(i / 40));
  const score = Float64Array.from(label, (y, i) =>
    Math.min(1, Math.max(0, 0.3 + 0.3 * y + 0.3 * Math.sin(codes[i]!) + 0.1 * r.normal())),
  );
  const said = Uint8Array.from(score, (p) => Number(p > 0.5));
  const truth = Float64Array.from(score, (p, i) => p + codes[i]! + r.normal());
  const structures = [byGroup(codes, 6, ['site'], true)];
  for (const metrics of [
    binaryMetrics(label, { score, probable: true, said }).metrics,
    regressionMetrics(truth, score),
  ]) {
    let wider = 0;
    for (const [name, after] of widened(metrics, structures, n)) {
      const before = metrics.get(name) as Estimate;
      if (typeof after !== 'object' || after.low === undefined) continue;
      assert.ok(after.low <= after.value && after.value <= after.high!, name);
      assert.ok(after.low <= before.low! + 1e-12 && after.high! >= before.high! - 1e-12, name);
      if (['auc', 'accuracy', 'f1', 'brier'].includes(name))
        assert.ok(after.low >= 0 && after.high! <= 1, name);
      wider += Number(/go together by site/.test(after.method ?? ''));
    }
    assert.ok(wider >= 3, String(wider));
  }
  // A slice of one site alone says nothing about others.
  const slice = numbers(40, (i) => i);
  const part = widened(
    regressionMetrics(truth.slice(0, 40), score.slice(0, 40), slice),
    structures,
    n,
    slice,
  );
  assert.equal((part.get('mae') as Estimate).low, undefined);
  // Perfect answers of six sites are six answers.
  const perfect = binaryMetrics(label, {
    score: Float64Array.from(label),
    probable: true,
    said: label,
  }).metrics;
  const accuracy = widened(perfect, structures, n).get('accuracy') as Estimate;
  assert.ok(accuracy.low! > 0.5 && accuracy.low! < 0.7, String(accuracy.low));
});
