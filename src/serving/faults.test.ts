import assert from 'node:assert/strict';
import test from 'node:test';
import { createFaults, SAID_AGAIN } from './faults.ts';

test('a fault that lasts is said once and then rarely; another one, or one after a recovery, at once', () => {
  let now = 1_000;
  const faults = createFaults(() => now);
  const said = (problem: string, serial = 1): boolean => faults.note(serial, problem);
  assert.equal(faults.of(1), undefined);
  assert.deepEqual([said('gone'), said('gone'), said('gone', 2)], [true, false, true]);
  now += SAID_AGAIN - 1;
  assert.equal(said('gone'), false);
  now += 1;
  assert.deepEqual([said('gone'), said('gone')], [true, false]);
  assert.equal(said('damaged'), true);
  const { problem, since } = faults.of(1)!;
  assert.deepEqual([problem, since], ['damaged', 1_000], 'it is broken since the first');
  assert.deepEqual([faults.clear(1), faults.clear(1)], [true, false]);
  assert.equal(said('damaged'), true);
  assert.equal(faults.of(1)?.since, now);
  assert.equal(faults.of(2)?.problem, 'gone');
});
