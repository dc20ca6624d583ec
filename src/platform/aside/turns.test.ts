import assert from 'node:assert/strict';
import test from 'node:test';
import { createTurns, inPortions, sortInTurns } from './index.ts';

/** Work that takes its time. */
function busy(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

void test('others have a turn once the work was long enough', async () => {
  const turns = createTurns();
  busy(11);
  let others = 0;
  setImmediate(() => others++);
  const due = turns();
  assert.ok(due);
  assert.equal(others, 0);
  await due;
  assert.equal(others, 1);
});

void test('portions hold every item once and in order', async () => {
  const items = Array.from({ length: 25 }, (_, i) => i);
  const portions: Array<readonly number[]> = [];
  for await (const portion of inPortions(items, 10)) portions.push(portion);
  assert.deepEqual(
    portions.map(({ length }) => length),
    [10, 10, 5],
  );
  assert.deepEqual(portions.flat(), items);
  for await (const portion of inPortions([], 10)) assert.fail(String(portion));
});

void test('sorting with turns gives what sorting gives, and keeps the order of what is equal', async () => {
  for (const length of [0, 1, 1999, 2001, 10_007]) {
    const items = Array.from({ length }, (_, i) => ({ key: (i * 7919) % 101, i }));
    const compare = (a: { key: number }, b: { key: number }): number => a.key - b.key;
    assert.deepEqual(await sortInTurns(items, compare), items.toSorted(compare));
  }
});
