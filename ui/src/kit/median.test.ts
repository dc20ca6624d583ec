import assert from 'node:assert/strict';
import test from 'node:test';
import { median } from './median.ts';

test('the median of an odd and an even number of values, in any order; of none there is none', () => {
  assert.equal(median([]), undefined);
  assert.equal(median([7]), 7);
  assert.equal(median([30, 10]), 20);
  assert.equal(median([9, 1, 100]), 9);
  assert.equal(median([4, 100, 1, 2]), 3);
});
