import assert from 'node:assert/strict';
import test from 'node:test';
import { blake3 } from './hash.ts';
import { HashSet } from './hash-set.ts';

test('a set of hashes holds what was added and nothing else, however many', () => {
  const set = new HashSet();
  const zero = '0'.repeat(64);
  assert.equal(set.has(zero), false);
  assert.equal(set.add(zero), true);
  assert.equal(set.has(zero), true);
  for (let i = 0; i < 50_000; i++) assert.equal(set.add(blake3(`in ${i}`)), true);
  for (let i = 0; i < 50_000; i++) assert.equal(set.add(blake3(`in ${i}`)), false);
  for (let i = 0; i < 50_000; i++) assert.equal(set.has(blake3(`out ${i}`)), false);
  assert.equal(set.size, 50_001);
});
