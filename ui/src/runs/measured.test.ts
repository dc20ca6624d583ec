import assert from 'node:assert/strict';
import test from 'node:test';
import { measuredWords, unitOf } from './measured.ts';

test('numbers get their units, spreads are told, the rest stays as it is', () => {
  const { words, rest } = measuredWords({
    wall_ms: 1,
    read_bytes: 66_895_872,
    cpu_percent: { min: 60, mean: 83.6, max: 98 },
    steps: 4,
    gpu: { name: 'none' },
    broken: { min: 1, mean: '2', max: 3 },
  });
  assert.deepEqual(words, [
    ['read', '63.8 MiB'],
    ['cpu', '83.6 % on average, 60 % at least, 98 % at most'],
    ['steps', '4'],
  ]);
  assert.deepEqual(rest, { gpu: { name: 'none' }, broken: { min: 1, mean: '2', max: 3 } });
});

test('units by the end of the name', () => {
  assert.equal(unitOf('system/system_memory_usage_megabytes')(2048), '2.00 GiB');
  assert.equal(unitOf('cpu_utilization_percentage')(62.345), '62.3 %');
  assert.equal(unitOf('power_watts')(80), '80 W');
  assert.equal(unitOf('auc')(0.5), '0.5');
});
