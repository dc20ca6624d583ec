import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../test/random.ts';
import { ageing, changes, onsets, replay, spaced, type Seen } from './replay.ts';

const DAY = 86_400_000;

/** A model that loses a known part of its metric each day, and was trained anew every `every` days. */
function past(days: number, every: number, slope: number, noise: number): Seen[] {
  const { normal } = random(5);
  return Array.from({ length: days }, (_, i) => ({
    from: i * DAY,
    to: (i + 1) * DAY,
    version: 1 + Math.floor(i / every),
    value: 0.8 + slope * ((i % every) + 0.5) + noise * normal(),
    better: 'higher',
    performance: i % every >= every - 2,
    drift: false,
  }));
}

test('how a metric ages is found beside the level of each version', () => {
  const exact = ageing(past(60, 20, -0.002, 0));
  assert.ok(Math.abs(exact!.per_day + 0.002) < 1e-12);
  assert.deepEqual([exact!.windows, exact!.versions], [60, 3]);
  const noisy = ageing(past(60, 20, -0.002, 0.01))!;
  assert.ok(Math.abs(noisy.per_day + 0.002) < 3 * noisy.error && noisy.error < 0.001);
  assert.equal(ageing(past(4, 20, -0.002, 0)), undefined, 'too few to tell');
  assert.equal(ageing(past(60, 1, -0.002, 0)), undefined, 'every version answered for one window alone');
});

test('a policy costs its trainings, and gains what a younger model is worth', () => {
  const windows = past(60, 20, -0.002, 0);
  const days = (every: number): number[] =>
    Array.from({ length: Math.floor(59 / every) }, (_, i) => (i + 1) * every * DAY);
  const { policies } = replay(
    windows,
    [
      { name: 'as it was', times: changes(windows) },
      { name: 'never', times: [] },
      { name: 'weekly', times: days(7) },
    ],
    0,
  );
  const [was, never, weekly] = policies;
  assert.deepEqual([was!.retrains, never!.retrains, weekly!.retrains], [2, 0, 8]);
  assert.ok(Math.abs(was!.gain!.value) < 1e-12, 'against itself nothing is gained');
  assert.equal(was!.age_days, 10);
  assert.equal(never!.age_days, 30);
  assert.ok(Math.abs(never!.gain!.value + 0.04) < 1e-12, 'twenty days older, two thousandths a day');
  assert.ok(weekly!.gain!.value > 0.012 && weekly!.gain!.value < 0.014);
  // Smaller is better, so that what rises gets worse.
  const errors = windows.map((one): Seen => ({ ...one, value: 1 - one.value!, better: 'lower' }));
  assert.ok(replay(errors, [{ name: 'never', times: [] }], 0).policies[0]!.gain!.value < -0.039);
});

test('alerts turn a loop when they begin, and no sooner after one another than the cooldown', () => {
  const windows = past(60, 20, -0.002, 0);
  const times = onsets(windows, (one) => one.performance);
  assert.deepEqual(
    times.map((time) => time / DAY),
    [19, 39, 59],
  );
  assert.deepEqual(
    spaced(times, 30 * DAY).map((time) => time / DAY),
    [19, 59],
  );
});
