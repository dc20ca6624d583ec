import assert from 'node:assert/strict';
import test from 'node:test';
import { groupDifferences } from './differences.ts';

test('metrics become numbers with how far apart they are', () => {
  const { metrics } = groupDifferences([
    { field: 'metrics.auc', a: 0.5, b: 0.6 },
    { field: 'metrics.new', b: 1 },
    { field: 'metrics.zero', a: 0, b: 1 },
    { field: 'metrics.bad', a: 1, b: 'NaN' },
    { field: 'metrics.system/cpu', a: 1, b: 2 },
  ]);
  assert.deepEqual(
    metrics.map(({ key }) => key),
    ['auc', 'new', 'zero', 'bad'],
  );
  assert.ok(Math.abs(metrics[0]!.relative! - 0.2) < 1e-12);
  assert.deepEqual(
    [metrics[1]!.difference, metrics[2]!.relative, metrics[3]!.relative],
    [undefined, undefined, undefined],
  );
});

test('a loss below zero that grows is drawn as growth', () => {
  assert.equal(groupDifferences([{ field: 'metrics.ll', a: -2, b: -1 }]).metrics[0]!.relative, 0.5);
});

test('the rest is grouped, and of packages only those that differ are shown', () => {
  const { other } = groupDifferences([
    { field: 'run_id', a: 'x', b: 'y' },
    { field: 'params.depth', a: '6', b: '8' },
    {
      field: 'requirements',
      a: ['numpy==2', 'scikit-learn==1.7'],
      b: ['numpy==2', 'scikit-learn==1.8', 'onnx'],
    },
  ]);
  assert.deepEqual(other, [
    { title: 'Parameters', before: { depth: '6' }, after: { depth: '8' } },
    {
      title: 'Needed packages',
      before: { 'scikit-learn': '==1.7' },
      after: { 'scikit-learn': '==1.8', onnx: 'any' },
    },
    { title: 'About it', before: { run_id: 'x' }, after: { run_id: 'y' } },
  ]);
});
