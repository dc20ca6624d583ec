import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../test/property.ts';
import {
  appendLeaf, consistencyProof, EMPTY_ROOT, inclusionProof, leafHash, nodeHash, NO_PEAKS, peakCount, rootOf, verifyConsistency, verifyInclusion, type NodeSource,
} from './merkle.ts'; // prettier-ignore
import { packPeaks, unpackPeaks } from './peaks.ts';

/** MTH(D[n]) as RFC 6962 §2.1 writes it down: the reference. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

const leavesOf = (n: number): Buffer[] =>
  Array.from({ length: n }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));
const sourceOf =
  (leaves: readonly Uint8Array[]): NodeSource =>
  (level, index) =>
    Promise.resolve(naiveRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)));
const grow = (leaves: readonly Uint8Array[]) =>
  leaves.reduce((peaks, leaf) => appendLeaf(peaks, leaf).peaks, NO_PEAKS);
const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

test('the roots are those that Certificate Transparency publishes for its test leaves', () => {
  const inputs = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ];
  const roots = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];
  let peaks = NO_PEAKS;
  assert.equal(hex(rootOf(peaks)), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  for (const [i, input] of inputs.entries()) {
    ({ peaks } = appendLeaf(peaks, leafHash(Buffer.from(input, 'hex'))));
    assert.equal(hex(rootOf(peaks)), roots[i]);
  }
});

test('growing by peaks gives the root of the reference, and names every subtree it completes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), (n) => {
      const leaves = leavesOf(n);
      let peaks = NO_PEAKS;
      for (const [i, leaf] of leaves.entries()) {
        const grown = appendLeaf(peaks, leaf);
        for (const { level, index, hash } of grown.completed) {
          assert.equal((index + 1) * 2 ** level, i + 1);
          assert.equal(hex(hash), hex(naiveRoot(leaves.slice(index * 2 ** level, i + 1))));
        }
        peaks = grown.peaks;
      }
      assert.equal(hex(rootOf(peaks)), hex(naiveRoot(leaves)));
      assert.equal(peaks.hashes.length, peakCount(n));
      assert.deepEqual(unpackPeaks(n, packPeaks(peaks))?.hashes.map(hex), peaks.hashes.map(hex));
    }),
    { numRuns: 40 },
  );
});

test('an inclusion proof holds for its own leaf, place, size and root alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), async (size, a, b) => {
      const leaves = leavesOf(size);
      const index = a % size;
      const root = rootOf(grow(leaves));
      const path = await inclusionProof(sourceOf(leaves), index, size);
      assert.ok(path.length <= Math.ceil(Math.log2(size)) + 0 || size === 1);
      assert.ok(verifyInclusion(leaves[index]!, index, size, path, root));
      const other = b % size;
      if (other !== index) {
        assert.ok(!verifyInclusion(leaves[other]!, index, size, path, root), 'another leaf');
        assert.ok(!verifyInclusion(leaves[index]!, other, size, path, root), 'another place');
      }
      assert.ok(!verifyInclusion(leaves[index]!, index, size, [...path, root], root), 'a longer path');
      if (path.length > 0) {
        assert.ok(!verifyInclusion(leaves[index]!, index, size, path.slice(1), root), 'a shorter path');
        const bent = path.map((hash, i) => (i === b % path.length ? nodeHash(hash, hash) : hash));
        assert.ok(!verifyInclusion(leaves[index]!, index, size, bent, root), 'a bent path');
      }
      assert.ok(!verifyInclusion(leaves[index]!, index, size, path, leafHash(root)), 'another root');
    }),
    { numRuns: 300 },
  );
});

test('a consistency proof holds when the older tree is the start of the newer, and never otherwise', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 150 }), fc.nat(), fc.nat(), async (second, a, b) => {
      const leaves = leavesOf(second);
      const first = 1 + (a % second);
      const [old, now] = [rootOf(grow(leaves.slice(0, first))), rootOf(grow(leaves))];
      const proof = await consistencyProof(sourceOf(leaves), first, second);
      assert.ok(verifyConsistency(first, second, old, now, proof));
      const rewritten = leaves.map((leaf, i) => (i === b % first ? leafHash(leaf) : leaf));
      assert.ok(
        !verifyConsistency(first, second, rootOf(grow(rewritten.slice(0, first))), now, proof),
        'another past',
      );
      if (first < second)
        assert.ok(
          !verifyConsistency(first, second, old, rootOf(grow(rewritten)), proof),
          'a rewritten present',
        );
    }),
    { numRuns: 300 },
  );
});
