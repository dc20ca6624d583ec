import assert from 'node:assert/strict';
import test from 'node:test';
import { freshnessOf } from './freshness.ts';

const HOUR = 3_600_000;
const day = { from: 0, to: 24 * HOUR };

test('the newest row is old only against the windows before', () => {
  const usual = [8, 9, 7, 8, 10].map((hours) => hours * HOUR);
  assert.equal(freshnessOf(day.to - 12 * HOUR, day, usual).state, 'ok', 'nights are as long');
  assert.equal(freshnessOf(day.to - 23 * HOUR, day, usual).state, 'alert');
  assert.equal(freshnessOf(day.to - 23 * HOUR, day, usual.slice(0, 4)).state, 'ok', 'nobody knows yet');
  assert.equal(freshnessOf(day.to - 23 * HOUR, day, usual, 10).state, 'ok', 'a tenth is recorded since');
  assert.match(
    freshnessOf(day.to - 23 * HOUR, day, usual).reason,
    /came 23 h before .* in the 5 windows before, 10 h/,
  );
});
