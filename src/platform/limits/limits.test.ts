import assert from 'node:assert/strict';
import test from 'node:test';
import { TreadleError } from '../errors/index.ts';
import { Budget, Pace, Share } from './index.ts';

const kindOf = (act: () => void): string => {
  try {
    act();
    return 'taken';
  } catch (error) {
    assert.ok(error instanceof TreadleError);
    return error.kind;
  }
};

test('a budget has a sum, and a sum for each caller; what is given back can be taken again', () => {
  const budget = new Budget(100, 60);
  const take = (caller: string, bytes: number): string => kindOf(() => budget.take(caller, bytes));
  assert.deepEqual(
    [take('a', 50), take('a', 11), take('a', 10), take('b', 41)],
    ['taken', 'limited', 'taken', 'unavailable'],
  );
  budget.give('a', 60);
  assert.deepEqual([take('b', 41), budget.bytes], ['taken', 41]);
  budget.give('b', 41);
  assert.equal(take('c', 500), 'taken', 'one large request of a caller who is alone');
  budget.give('c', 500);
  assert.equal(budget.bytes, 0);
});

test('a share is given back once, and takes nothing after', () => {
  const budget = new Budget(100, 60);
  const [one, other] = [new Share(budget, 'a'), new Share(budget, 'a')];
  one.take(30);
  other.take(20);
  one.end();
  one.end();
  one.take(30);
  assert.equal(budget.bytes, 20);
  other.end();
  assert.equal(budget.bytes, 0);
});

test('a pace grants a while, then a kilobyte a second; time that nobody read in does not count', () => {
  const pace = new Pace(1000, 300_000);
  assert.deepEqual(
    [pace.late(20_999, 0), pace.late(21_001, 0), pace.late(30_000, 10 * 1024), pace.late(31_001, 10 * 1024)],
    [false, true, false, true],
  );
  assert.ok(pace.late(301_001, 1e9), 'at any speed');
  pace.excuse(10_000);
  assert.ok(!pace.late(30_000, 0));
});
