import assert from 'node:assert/strict';
import test from 'node:test';
import { performanceOf } from './score.ts';
import { watchHarm } from './watch-harm.ts';

test('where the metric cannot be told of the rows, it says which ones can', () => {
  const harm = watchHarm([], { from: 0, to: 1 }, [], undefined);
  const reasonOf = (...names: string[]): string => {
    const figures = names.map((name) => ({ name, value: 0.5 }));
    const scored = { labelled: 30, task: 'binary' as const, column: 'out_y', figures, losses: [] };
    return performanceOf(scored, [], harm, undefined).reason;
  };
  assert.equal(
    reasonOf('average_precision', 'log_loss', 'brier'),
    'there is no auc of these rows, only average_precision, log_loss and brier',
  );
  assert.equal(reasonOf('log_loss'), 'there is no auc of these rows, only log_loss');
  assert.equal(reasonOf(), 'there is no auc of these rows, nor any other metric');
});
