import assert from 'node:assert/strict';
import test from 'node:test';
import type { Estimate } from '../metrics/estimate.ts';
import { draw, figuresOf, judge, type Side } from './models.suite.ts';

/** TREADLE_COVERAGE is how often. */
const REPEATS = Number(process.env['TREADLE_COVERAGE'] ?? 800);

test('paired intervals hold the truth 93–97 % of the time', () => {
  const truth = draw(99, REPEATS * 500);
  const value = (side: Side, name: string): number => (side.get(name) as Estimate).value;
  const names = ['auc', 'accuracy', 'log_loss', 'average_precision', 'f1'];
  const inside = new Map(names.map((name) => [name, 0]));
  for (let i = 0; i < REPEATS; i++) {
    const { candidate, champion } = draw(1000 + i, 300);
    for (const name of names) {
      const known = value(truth.candidate, name) - value(truth.champion, name);
      const { low, high } = judge(
        `${name} > champion.${name}`,
        figuresOf(300, candidate, champion),
      ).difference!;
      if (low <= known && known <= high) inside.set(name, inside.get(name)! + 1);
    }
  }
  for (const [name, count] of inside) {
    const share = count / REPEATS;
    console.log(`paired ${name}: ${(100 * share).toFixed(1)} %`);
    assert.ok(share >= 0.93 && share <= 0.97, `${name}: ${share}`);
  }
});
