import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import {
  boundedErrors,
  capOf,
  planHarm,
  startHarm,
  stepHarm,
  type HarmResult,
  type HarmState,
} from './betting.ts';
import { addTo, noMean, rangeOf } from './confidence-sequence.ts';
import { DAY } from './streams.suite.ts';

test('no bet gains while the mean loss is within the bound, each gains when it has risen as thought', () => {
  for (const options of [
    { baseline: 0.15 },
    { baseline: 0.02, tolerance: 0.005 },
    { baseline: 0.3, variance: 0.02 },
    { baseline: 0 },
  ]) {
    const plan = planHarm(options);
    for (const { stake } of plan.bets) {
      // Of a mean the two-point distributions are the extremes, and the factor is linear in the loss.
      const gain = (mean: number): number => 1 + stake * (mean - plan.bound);
      assert.ok(gain(plan.bound) <= 1);
      assert.ok(1 - stake * plan.bound >= 0.1 - 1e-12);
      assert.ok(gain(Math.min(1, plan.bound + 0.05)) > 1);
    }
  }
  assert.equal(planHarm({ baseline: 0.15 }).bound, 0.16);
  // Of 400 rows a point says little: two standard errors are put up with.
  assert.ok(Math.abs(planHarm({ baseline: 0.2, rows: 400 }).bound - 0.24) < 1e-12);
});

test('harm is found and dated, with words, across JSON, however the outcomes are batched', () => {
  const plan = planHarm({ baseline: 0.15 });
  const run = (batch: number) => {
    const r = random(11);
    let state = startHarm(plan);
    let at = 0;
    let page = null as HarmResult | null;
    for (let seen = 0; seen < 12_000 && !page; seen += batch) {
      const from = at;
      at += (DAY * batch) / 1000;
      const losses = Float64Array.from({ length: batch }, () =>
        Number(r.uniform() < (seen < 8000 ? 0.15 : 0.22)),
      );
      const step = stepHarm(plan, JSON.parse(JSON.stringify(state)) as HarmState, { from, to: at, losses });
      ({ state } = step);
      if (step.result.page) page = step.result;
      else if (seen === 4000)
        assert.match(step.result.words, /^no harm: the mean loss is 1\d\.\d % \(.*16\.0 % is put up with$/);
    }
    assert.ok(page);
    assert.ok(page.outcomes > 8000, `${page.outcomes}`);
    assert.match(
      page.words,
      /^harm: the mean loss is 2\d\.\d % since 1970-01-0[89] .* where 15\.0 % is normal and up to 16\.0 % is put up with/,
    );
    assert.ok(page.lossSince! > 0.18);
    return page.outcomes;
  };
  const [small, large] = [run(50), run(500)];
  assert.ok(Math.abs(small - large) <= 1000, `${small} ${large}`);
});

test('no outcomes say nothing, a batch without any changes nothing, and a loss that is none names its place', () => {
  const plan = planHarm({ baseline: 0.1 });
  const start = startHarm(plan);
  const { result, state } = stepHarm(plan, start, { from: 0, to: DAY, losses: [] });
  assert.deepEqual(
    [state, result.page, result.risk, result.words],
    [start, false, null, 'no outcomes yet: nothing is known of the loss'],
  );
  const wrong = (losses: number[]) => () => stepHarm(plan, start, { from: 0, to: DAY, losses });
  assert.throws(wrong([0, NaN]), /losses\[1\] is NaN: a loss lies in \[0, 1\]/);
  assert.throws(wrong([2]), /losses\[0\] is 2/);
  const later = stepHarm(plan, start, { from: 0, to: DAY, losses: [0, 1] }).state;
  assert.throws(() => stepHarm(plan, later, { from: 0, to: DAY - 1, losses: [0] }), /was seen already/);
  assert.throws(() => planHarm({ baseline: 1.2 }), /baseline is 1.2/);
  assert.throws(() => planHarm({ baseline: 0.1, tolerance: -1 }), /tolerance is -1/);
  assert.throws(() => planHarm({ baseline: 0.1, pagesAYear: 0 }), /pagesAYear is 0/);
  assert.deepEqual(start, startHarm(plan));
});

test('errors of a regression count in units of five median errors, and one wild row as one', () => {
  assert.deepEqual([...boundedErrors([1, 2, 3], [1, 4, 1e9], 4)], [0, 0.5, 1]);
  assert.equal(capOf([-1, 2, 3]), 10);
  assert.equal(capOf([0, 0, 0, 3]), 3);
  assert.equal(capOf([0, 0]), 1);
  assert.throws(() => boundedErrors([1], [1], 0), /cap is 0/);
});

test('the interval of the risk holds at all times together, and shrinks', () => {
  const r = random(21);
  let missed = 0;
  for (let run = 0; run < 200; run++) {
    const sums = noMean();
    let held = true;
    for (let i = 0; i < 1000; i++) {
      addTo(sums, Number(r.uniform() < 0.15), 0.05);
      const { low, high } = rangeOf(sums, 0.05);
      held &&= low <= 0.15 && 0.15 <= high;
    }
    if (!held) missed++;
    const { low, high } = rangeOf(sums, 0.05);
    assert.ok(high - low < 0.12, `${low} ${high}`);
  }
  assert.ok(missed <= 10, `${missed} of 200`);
  assert.deepEqual(rangeOf(noMean(), 0.05), { low: 0, high: 1 });
});
