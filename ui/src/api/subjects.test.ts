import assert from 'node:assert/strict';
import test from 'node:test';
import { hears, subjectsOf } from './subjects.ts';

test('a query listens to what its address names', () => {
  assert.deepEqual(subjectsOf('/api/v1/runs', {}), ['run:*']);
  assert.deepEqual(subjectsOf('/api/v1/runs/:run/metrics', { run: 'a1' }), ['run:a1']);
  assert.deepEqual(
    subjectsOf('/api/v1/models/:model/versions/:version/files/*', { model: 'm', version: '3' }),
    ['model:m', 'version:3'],
  );
  assert.deepEqual(subjectsOf('/api/v1/logged-models/:id', { id: 'm-1' }), ['logged_model:m-1']);
});

test('news reaches who listens, and nobody else', () => {
  assert.ok(hears(['run:*'], 'run:a1'));
  assert.ok(hears(['run:a1'], 'run:a1'));
  assert.ok(hears(['dataset:flights'], 'dataset_version:flights/3'));
  assert.ok(hears(['model:*'], 'model_version:m/3'));
  assert.ok(!hears(['run:a1'], 'run:a12'));
  assert.ok(!hears(['run:*'], 'runner:a1'));
  assert.ok(!hears(['dataset:flights'], 'dataset:flights-eu'));
  assert.ok(!hears([], 'run:a1'));
});
