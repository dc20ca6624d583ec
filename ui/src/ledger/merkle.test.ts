import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { checkInclusion, fromHex, toHex } from './merkle.ts';

const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const leafOf = (i: number) => new TextEncoder().encode(`entry ${i}`);

/** The definition of RFC 6962 §2.1, recursively: nothing shared with what is tested. */
function root(from: number, to: number): Buffer {
  if (to - from === 1) return sha(Buffer.of(0), leafOf(from));
  const split = from + 2 ** Math.ceil(Math.log2(to - from) - 1);
  return sha(Buffer.of(1), root(from, split), root(split, to));
}
function path(index: number, from: number, to: number): Buffer[] {
  if (to - from === 1) return [];
  const split = from + 2 ** Math.ceil(Math.log2(to - from) - 1);
  return index < split
    ? [...path(index, from, split), root(split, to)]
    : [...path(index, split, to), root(from, split)];
}
const proofOf = (index: number, size: number) => ({
  leaf: leafOf(index),
  index,
  size,
  path: path(index, 0, size).map((hash) => hash.toString('hex')),
  root: root(0, size).toString('hex'),
});

test('every leaf of every tree up to 33 leaves is proven', async () => {
  for (let size = 1; size <= 33; size++) {
    for (let index = 0; index < size; index++) {
      const check = await checkInclusion(proofOf(index, size));
      assert.equal(check.ok, true, `leaf ${index} of ${size}: ${check.problem}`);
      assert.equal(check.steps.at(-1)?.hash ?? check.leafHash, check.root);
    }
  }
});

test('a changed entry, place, size, sibling or root is refused, and why is said', async () => {
  const good = proofOf(5, 13);
  const flipped = good.path.with(
    1,
    good.path[1]!.replace(/^./, (c) => (c === '0' ? '1' : '0')),
  );
  for (const [name, bad] of Object.entries({
    leaf: { ...good, leaf: leafOf(6) },
    index: { ...good, index: 4 },
    outside: { ...good, index: 13 },
    size: { ...good, size: 21 },
    sibling: { ...good, path: flipped },
    order: { ...good, path: good.path.toReversed() },
    short: { ...good, path: good.path.slice(1) },
    long: { ...good, path: [...good.path, good.root] },
    garbage: { ...good, path: good.path.with(0, 'not hex') },
    root: { ...good, root: good.leaf ? '00'.repeat(32) : '' },
  })) {
    const check = await checkInclusion(bad);
    assert.equal(check.ok, false, name);
    assert.ok(check.problem, name);
  }
});

test('hex goes both ways', () => {
  assert.equal(toHex(fromHex('00ff10')!), '00ff10');
  assert.equal(fromHex('0'), undefined);
  assert.equal(fromHex('zz'), undefined);
});
