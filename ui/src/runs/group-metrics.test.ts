import assert from 'node:assert/strict';
import test from 'node:test';
import { groupMetrics } from './group-metrics.ts';

test('metrics are grouped by what stands before the last slash', () => {
  assert.deepEqual(
    groupMetrics([
      'loss',
      'val/acc',
      'val/loss',
      'odd/one',
      'grad/l10/w',
      'grad/l10/b',
      'grad/l9/w',
      'grad/l9/b',
    ]),
    [
      { name: 'general', keys: ['loss', 'odd/one'] },
      { name: 'grad/l9', keys: ['grad/l9/w', 'grad/l9/b'] },
      { name: 'grad/l10', keys: ['grad/l10/w', 'grad/l10/b'] },
      { name: 'val', keys: ['val/acc', 'val/loss'] },
    ],
  );
  assert.deepEqual(groupMetrics(['system/cpu', 'system/gpu/0', 'system/gpu/1'], 'system/'), [
    { name: 'general', keys: ['system/cpu'] },
    { name: 'gpu', keys: ['system/gpu/0', 'system/gpu/1'] },
  ]);
  assert.deepEqual(groupMetrics([]), []);
});
