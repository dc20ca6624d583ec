import assert from 'node:assert/strict';
import test from 'node:test';
import type { Estimate } from '../metrics/estimate.ts';
import { draw, figuresOf, judge, type Side } from './models.suite.ts';

test('paired intervals hold the truth 93–97 % of the time', () => {
  const truth = draw(99, 1_000_000);
  const value = (side: Side, name: string): number => (side.get(name) as Estimate).value;
  for (const name of ['auc', 'accuracy', 'log_loss', 'average_precision', 'f1']) {
    const known = value(truth.candidate, name) - value(truth.champion, name);
    let inside = 0;
    const times = 2000;
    for (let i = 0; i < times; i++) {
      const { candidate, champion } = draw(1000 + i, 300);
      const { low, high } = judge(
        `${name} > champion.${name}`,
        figuresOf(300, candidate, champion),
      ).difference!;
      if (low <= known && known <= high) inside++;
    }
    const share = inside / times;
    console.log(`paired ${name}: ${(100 * share).toFixed(1)} %`);
    assert.ok(share >= 0.93 && share <= 0.97, `${name}: ${share}`);
  }
});
