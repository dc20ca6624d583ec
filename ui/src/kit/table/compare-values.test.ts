import assert from 'node:assert/strict';
import test from 'node:test';
import { compareValues } from './compare-values.ts';

test('numbers by size, words with their numbers, NaN and words after numbers', () => {
  assert.deepEqual([10, 9, NaN, -Infinity, 'b'].toSorted(compareValues), [-Infinity, 9, 10, NaN, 'b']);
  assert.deepEqual(['run-10', 'Run-9', 'run-1'].toSorted(compareValues), ['run-1', 'Run-9', 'run-10']);
});
