import assert from 'node:assert/strict';
import test from 'node:test';
import { bucketOf, toCanary } from './traffic.ts';

test('keys of any kind spread evenly, and otherwise at another endpoint', () => {
  const kinds: Array<(index: number) => string> = [
    (index) => String(index),
    (index) => `user-${index}@example.com`,
    (index) => index.toString(16).padStart(32, '0'),
    (index) => `${'long prefix '.repeat(10)}${index}`,
  ];
  for (const make of kinds) {
    const tenths = Array.from({ length: 10 }, () => 0);
    let moved = 0;
    for (let index = 0; index < 50_000; index++) {
      const bucket = bucketOf('one', make(index));
      assert.ok(Number.isInteger(bucket) && bucket >= 0 && bucket < 10_000);
      tenths[Math.floor(bucket / 1000)]!++;
      if (bucket < 1000 && bucketOf('two', make(index)) >= 1000) moved++;
    }
    for (const count of tenths) assert.ok(Math.abs(count - 5000) < 350, `${make(7)}: ${tenths.join(' ')}`);
    assert.ok(moved > 4000, 'who is first at one endpoint is not first at all of them');
  }
});

test('a share is a number of buckets, to the hundredth of a percent', () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}`);
  let before = new Set<string>();
  for (const percent of [0, 0.01, 1, 10, 50, 99.99, 100]) {
    const now = new Set(keys.filter((key) => toCanary('e', percent, key)));
    assert.ok(
      [...before].every((key) => now.has(key)),
      `at ${percent} % a key went back`,
    );
    assert.ok(Math.abs(now.size - (keys.length * percent) / 100) < 260, `${now.size} at ${percent} %`);
    before = now;
  }
  assert.equal(before.size, keys.length);
});
