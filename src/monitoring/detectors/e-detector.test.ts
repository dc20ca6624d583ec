import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import { anchorCategories, anchorNumeric } from '../statistics/anchor.ts';
import { count } from '../statistics/histogram.ts';
import { betsOn, betsOnShare, shapeDirections } from './bets.ts';
import { dateChange } from './change-point.ts';
import { denseLogs, denseOf } from './dense.ts';
import { dispersionOf } from './dispersion.ts';
import { planDrift, readDrift, startDrift, stepDrift, type DriftState } from './e-detector.ts';
import { referenceCounts } from './reference-counts.ts';
import { DAY, MISSING, normalColumn, ORDER, sampler } from './streams.suite.ts';

const REFERENCE = Float64Array.from([40, 60, 100, 90, 10]);

test('no bet gains on a distribution of its null, and each gains on the change that it is for', () => {
  const order = [0, 1, 2, 3];
  const r = random(3);
  for (const direction of shapeDirections(REFERENCE, order)) {
    const bets = betsOn(direction, 0, { bound: 0.1, weight: 1, up: 'up', down: 'down' });
    assert.equal(bets.length, 8);
    let within = 0;
    for (let i = 0; i < 2000; i++) {
      const raw = Array.from({ length: 5 }, () => -Math.log(1 - r.uniform()));
      const all = raw.reduce((a, b) => a + b, 0);
      const shares = raw.map((one) => one / all);
      const mean = shares.reduce((sum, share, bin) => sum + share * direction.values[bin]!, 0);
      for (const { says, logs } of bets) {
        const gain = shares.reduce((sum, share, bin) => sum + share * Math.exp(logs[bin]!), 0);
        const moved = says === 'up' ? mean : -mean;
        assert.equal(gain > 1, moved > 0.1, `${says}: mean ${mean}, gain ${gain}`);
        if (moved <= 0.1) within++;
      }
    }
    assert.ok(within > 1000);
  }
  for (const { says, logs } of betsOnShare(REFERENCE, 4, 0, {
    name: 'missing',
    weight: 1,
    tolerance: 0,
    excess: 0,
  })) {
    const gain = (share: number): number => share * Math.exp(logs[4]!) + (1 - share) * Math.exp(logs[0]!);
    assert.ok(gain(10 / 300) < 1, says);
    assert.ok(says === 'more missing' ? gain(0.1) > 1 : gain(0.005) > 1, says);
  }
});

test('the expectation of e for whole shapes is at most 1 wherever in the ball the window comes from', () => {
  const dense = denseOf([50, 30, 20], { order: undefined, apart: [], tolerance: 0.05, excess: 0 });
  const rows = 7;
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  let inside = 0;
  for (let a = 1; a < 40; a++)
    for (let b = 1; a + b < 40; b++) {
      const p = [a / 40, b / 40, (40 - a - b) / 40];
      const apart = dense.shares.reduce((sum, q, k) => sum + q * Math.log(q / p[k]!), 0);
      if (apart > dense.radius) continue;
      inside++;
      const expected = [0, 0, 0, 0];
      for (let i = 0; i <= rows; i++)
        for (let j = 0; i + j <= rows; j++) {
          const c = [i, j, rows - i - j];
          const ways = c.reduce((ways, one) => ways / factorial(one), factorial(rows));
          const chance = c.reduce((chance, one, k) => chance * p[k]! ** one, ways);
          denseLogs(dense, c, 1).forEach((log, k) => (expected[k]! += chance * Math.exp(log)));
        }
      for (const one of expected) assert.ok(one <= 1 + 1e-9, `${p.join(' ')}: ${one}`);
    }
  assert.ok(inside > 30, `${inside}`);
});

const columns = (r: ReturnType<typeof random>) => {
  const [moved, still] = [normalColumn(r, 5000), normalColumn(r, 5000)];
  const plan = planDrift(
    [moved, still].map(({ counts }, k) => ({
      name: ['moved', 'still'][k]!,
      counts,
      order: ORDER,
      shares: { missing: MISSING },
    })),
  );
  return { moved, still, plan };
};

test('a shift is found, named and dated, and a state that went through JSON goes on as if nothing had been', () => {
  const r = random(1);
  const { moved, still, plan } = columns(r);
  let state = startDrift(plan);
  for (let day = 0; day < 20; day++) {
    const counts = {
      moved: sampler(moved.shares(day < 15 ? 0 : 0.3))(r, 500),
      still: sampler(still.shares())(r, 500),
    };
    const window = { from: day * DAY, to: (day + 1) * DAY, counts };
    const kept = stepDrift(plan, JSON.parse(JSON.stringify(state)) as DriftState, window);
    const next = stepDrift(plan, state, window);
    assert.deepEqual(next, kept);
    assert.deepEqual(readDrift(plan, next.state, counts).shape, next.result.shape);
    state = next.state;
    if (day < 15) assert.equal(next.result.shape.alarm, false);
  }
  const { shape, share } = readDrift(plan, state);
  assert.equal(shape.alarm, true);
  assert.equal(share.alarm, false);
  assert.deepEqual(
    shape.columns.map(({ name, says }) => [name, says]),
    [['moved', 'higher']],
  );
  assert.equal(shape.columns[0]!.since, 15 * DAY);
  assert.match(shape.words, /^drift: 'moved' is higher since 1970-01-16 00:00 UTC, of 2 columns; /);
  assert.match(share.words, /^no drift in missing and unseen values of 2 columns: /);
});

test('an alarm ends by itself soon after its cause', () => {
  const r = random(2);
  const { moved, still, plan } = columns(r);
  let state = startDrift(plan);
  const alarms: boolean[] = [];
  for (let day = 0; day < 120; day++) {
    const counts = {
      moved: sampler(moved.shares(day < 60 ? 1 : 0))(r, 500),
      still: sampler(still.shares())(r, 500),
    };
    const step = stepDrift(plan, state, { from: day * DAY, to: (day + 1) * DAY, counts });
    ({ state } = step);
    // What has ended begins anew from nothing.
    if (alarms.at(-1) === true && !step.result.shape.alarm) assert.equal(step.result.shape.evidence, 0);
    alarms.push(step.result.shape.alarm);
  }
  assert.deepEqual([alarms[0], alarms[59]], [true, true]);
  assert.ok(alarms.lastIndexOf(true) < 70, `${alarms.lastIndexOf(true)}`);
  assert.equal(alarms.filter((alarm, day) => alarm && !alarms[day - 1]).length, 1);
});

test('a column without rows stands still and is named; what is no count names its column, and the state is as before', () => {
  const r = random(4);
  const { moved, plan } = columns(r);
  const before = startDrift(plan);
  const own = sampler(moved.shares(2))(r, 500);
  const { state, result } = stepDrift(plan, before, {
    from: 0,
    to: DAY,
    counts: { moved: own, still: new Float64Array(21) },
  });
  assert.deepEqual(result.empty, ['still']);
  assert.deepEqual(state.columns['still'], before.columns['still']);
  assert.equal(result.shape.alarm, true);
  assert.deepEqual(stepDrift(plan, before, { from: 0, to: DAY, counts: {} }).result.empty, [
    'moved',
    'still',
  ]);
  const wrong = (counts: ArrayLike<number>) => () =>
    stepDrift(plan, before, { from: 0, to: DAY, counts: { moved: counts } });
  assert.throws(
    wrong(own.map((one, bin) => (bin === 3 ? NaN : one))),
    /column 'moved', bin 3: NaN is no count/,
  );
  assert.throws(
    wrong(own.map((one, bin) => (bin === 3 ? -1 : one))),
    /column 'moved', bin 3: -1 is no count/,
  );
  assert.throws(wrong([1, 2]), /column 'moved' has 2 bins and its reference 21/);
  assert.throws(
    () => stepDrift(plan, state, { from: DAY / 2, to: 2 * DAY, counts: {} }),
    /one that ended at 86400000 was seen already/,
  );
  assert.throws(() => stepDrift(plan, before, { from: DAY, to: DAY, counts: {} }), /before it begins/);
  const other = planDrift([{ name: 'moved', counts: [3, 4] }]);
  assert.throws(() => stepDrift(other, before, { from: 0, to: DAY, counts: {} }), /belongs to another plan/);
  assert.throws(() => planDrift([{ name: 'x', counts: [0, 0] }]), /the reference of column 'x' has no rows/);
  assert.throws(() => planDrift([], { alarmsAYear: 0 }), /alarmsAYear is 0/);
  assert.deepEqual(before, startDrift(plan));
});

test('categories: frequencies that change, and a category that was never seen', () => {
  const r = random(5);
  const draw = (n: number, shares: readonly number[]): string[] =>
    Array.from({ length: n }, () => 'abcdef'[sampler(shares)(r, 1).indexOf(1)]!);
  const old = [0.5, 0.3, 0.2, 0, 0, 0];
  const values = draw(5000, old);
  const anchor = anchorCategories(values);
  const plan = planDrift([referenceCounts('origin', anchor, count(anchor, values))]);
  const one = (shares: readonly number[]) =>
    stepDrift(plan, startDrift(plan), {
      from: 0,
      to: DAY,
      counts: { origin: count(anchor, draw(1000, shares)).counts },
    }).result;
  const same = one(old);
  assert.deepEqual([same.shape.alarm, same.share.alarm], [false, false]);
  const mixed = one([0.3, 0.5, 0.2, 0, 0, 0]);
  assert.deepEqual([mixed.shape.alarm, mixed.share.alarm], [true, false]);
  assert.match(mixed.shape.words, /'origin' is of another shape/);
  const unseen = one([0.48, 0.28, 0.19, 0.05, 0, 0]);
  assert.deepEqual([unseen.shape.alarm, unseen.share.alarm], [false, true]);
  assert.match(
    unseen.share.words,
    /^drift: 'origin' is more unseen \(\d\.\d % of rows, 0\.0 % in the reference\) since 1970-01-01 00:00 UTC/,
  );
});

test('a numeric column from its anchor: infinities and missing values are shares of their own, a constant one is watched, too', () => {
  const values = Float64Array.from({ length: 3000 }, (_one, i) => (i * 7919) % 3001);
  const anchor = anchorNumeric(values);
  const constant = anchorNumeric(new Float64Array(3000).fill(5));
  const plan = planDrift([
    referenceCounts('distance', anchor, count(anchor, values), [count(anchor, values)]),
    referenceCounts('constant', constant, count(constant, new Float64Array(3000).fill(5))),
  ]);
  const one = (distance: Float64Array, other: Float64Array) =>
    stepDrift(plan, startDrift(plan), {
      from: 0,
      to: DAY,
      counts: { distance: count(anchor, distance).counts, constant: count(constant, other).counts },
    }).result;
  const fives = new Float64Array(3000).fill(5);
  const calm = one(values, fives);
  assert.deepEqual([calm.shape.alarm, calm.share.alarm], [false, false]);
  const infinite = one(
    values.map((value, i) => (i % 20 === 0 ? Infinity : value)),
    fives,
  );
  assert.deepEqual([infinite.shape.alarm, infinite.share.columns[0]!.says], [false, 'more +∞']);
  const lost = one(
    values.map((value, i) => (i % 20 === 0 ? NaN : value)),
    fives,
  );
  assert.deepEqual([lost.shape.alarm, lost.share.columns[0]!.says], [false, 'more missing']);
  const kilometres = one(
    values.map((value) => value * 1.609),
    fives,
  );
  assert.deepEqual(
    [kilometres.shape.columns[0]!.name, kilometres.shape.columns[0]!.says],
    ['distance', 'higher'],
  );
  assert.equal(
    one(
      values,
      fives.map((five) => five + 1),
    ).shape.columns[0]!.name,
    'constant',
  );
});

test('how much windows differ by themselves is learnt from the reference, with their memory', () => {
  const r = random(6);
  const windows = (effect: number, rho: number) => {
    let now = r.normal();
    const sizes = Array.from({ length: 200 }, () => 200 + r.integer(400));
    const means = sizes.map((rows) => {
      now = rho * now + Math.sqrt(1 - rho * rho) * r.normal();
      return Float64Array.of(effect * now + r.normal() / Math.sqrt(rows));
    });
    return dispersionOf(means, sizes);
  };
  assert.equal(windows(0, 0).excess, 0);
  const free = windows(0.1, 0).excess;
  assert.ok(free > 0.01 && free < 0.016, `${free}`);
  const bound = windows(0.1, 0.7).excess;
  assert.ok(bound > 0.035 && bound < 0.12, `${bound}`);
  assert.deepEqual(dispersionOf([Float64Array.of(5)], [100]), { excess: 0, windows: 1 });
});

test('a change is dated from stored windows', () => {
  const r = random(7);
  const { moved, plan } = columns(r);
  const windows = Array.from({ length: 30 }, (_one, day) => ({
    from: day * DAY,
    to: (day + 1) * DAY,
    counts: { moved: sampler(moved.shares(day < 20 ? 0 : 0.5))(r, 500) },
  }));
  const { since, low, high, words } = dateChange(plan, 'moved', windows);
  assert.deepEqual([since, low, high], [20 * DAY, 20 * DAY, 20 * DAY]);
  assert.equal(words, "'moved' changed at 1970-01-21 00:00 UTC");
  assert.throws(() => dateChange(plan, 'still', windows), /no window has counts of column 'still'/);
  assert.throws(() => dateChange(plan, 'other', windows), /column 'other' is not watched/);
});
