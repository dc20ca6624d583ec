import { hash } from 'node:crypto';

/** RFC 6962 §2.1: the Merkle tree hash with SHA-256. Pure; everything here can be checked against other people's tools. */

const sha256 = (data: Uint8Array): Buffer => hash('sha256', data, 'buffer');
const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

export const EMPTY_ROOT: Buffer = sha256(Buffer.alloc(0));

export const leafHash = (data: Uint8Array): Buffer => sha256(Buffer.concat([LEAF, data]));
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  sha256(Buffer.concat([NODE, left, right]));

/**
 * The compact form of a tree: the roots of its complete subtrees, largest first. A tree of 13 leaves has the peaks of 8, 4
 * and 1. Enough to append and to know the root; 20 hashes for a million entries.
 */
export interface Peaks {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

export const NO_PEAKS: Peaks = { size: 0, hashes: [] };

/** A complete subtree that an append brought to its end: `hash` is the root of the leaves from index·2^level, 2^level many. */
export interface Completed {
  level: number;
  index: number;
  hash: Uint8Array;
}

/** The tree with one leaf more, and the subtrees that it completes (at least the leaf itself). */
export function appendLeaf(
  { size, hashes }: Peaks,
  leaf: Uint8Array,
): { peaks: Peaks; completed: Completed[] } {
  const stack = [...hashes];
  const completed: Completed[] = [{ level: 0, index: size, hash: leaf }];
  let right = leaf;
  // Each 1 at the low end of the size is a peak that the new leaf completes to one twice as large.
  for (let level = 0, rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
    right = nodeHash(stack.pop()!, right);
    level++;
    completed.push({ level, index: Math.floor(size / 2 ** level), hash: right });
  }
  stack.push(right);
  return { peaks: { size: size + 1, hashes: stack }, completed };
}

/** Folded from the right, as the RFC splits at the largest power of two. */
export function rootOf({ hashes }: Peaks): Uint8Array {
  let root: Uint8Array | undefined;
  for (const peak of hashes.toReversed()) root = root === undefined ? peak : nodeHash(peak, root);
  return root ?? EMPTY_ROOT;
}

/** How many peaks a tree of this size has: the ones in its binary form. */
export function peakCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** Where proofs get their subtree roots from: leaves index·2^level and following, all below the tree's size. */
export type NodeSource = (level: number, index: number) => Promise<Uint8Array>;

/** PATH(m, D[n]) of RFC 6962 §2.1.1: the hashes that lead from leaf `index` to the root of the first `size` leaves. */
export async function inclusionProof(nodes: NodeSource, index: number, size: number): Promise<Uint8Array[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`leaf ${index} is not in a tree of ${size}`);
  const path: Uint8Array[] = [];
  let [low, high] = [0, size];
  while (high - low > 1) {
    const middle = low + split(high - low);
    if (index < middle) {
      path.push(await rangeRoot(nodes, middle, high));
      high = middle;
    } else {
      path.push(await rangeRoot(nodes, low, middle));
      low = middle;
    }
  }
  return path.toReversed();
}

/** PROOF(m, D[n]) of RFC 6962 §2.1.2: shows that the tree of `first` leaves is a prefix of that of `second`. */
export async function consistencyProof(
  nodes: NodeSource,
  first: number,
  second: number,
): Promise<Uint8Array[]> {
  if (!(first >= 0 && first <= second))
    throw new RangeError(`a tree of ${first} cannot be the start of one of ${second}`);
  if (first === 0 || first === second) return [];
  const proof: Uint8Array[] = [];
  let [low, high, known] = [0, second, true];
  while (first !== high) {
    const middle = low + split(high - low);
    if (first <= middle) {
      proof.push(await rangeRoot(nodes, middle, high));
      high = middle;
    } else {
      proof.push(await rangeRoot(nodes, low, middle));
      low = middle;
      known = false;
    }
  }
  if (!known) proof.push(await rangeRoot(nodes, low, high));
  return proof.toReversed();
}

/** RFC 9162 §2.1.3.2. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!(index >= 0 && index < size)) return false;
  let [fn, sn, r] = [index, size - 1, leaf];
  for (const p of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      r = nodeHash(r, p);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && same(r, root);
}

/** RFC 9162 §2.1.4.2. */
export function verifyConsistency(
  first: number,
  second: number,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (first > second || first < 0) return false;
  if (first === second) return proof.length === 0 && same(firstRoot, secondRoot);
  if (first === 0) return proof.length === 0 && same(firstRoot, EMPTY_ROOT);
  // A first tree that is complete is its own first node.
  const path = Number.isInteger(Math.log2(first)) ? [firstRoot, ...proof] : [...proof];
  const start = path.shift();
  if (start === undefined) return false;
  let [fn, sn] = [first - 1, second - 1];
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let [fr, sr] = [start, start];
  for (const c of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(c, fr);
      sr = nodeHash(c, sr);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      sr = nodeHash(sr, c);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && same(fr, firstRoot) && same(sr, secondRoot);
}

/** MTH(D[low:high]): `low` is a multiple of the largest power of two in the range, as every split of the RFC leaves it. */
async function rangeRoot(nodes: NodeSource, low: number, high: number): Promise<Uint8Array> {
  const size = high - low;
  const level = Math.log2(size);
  if (Number.isInteger(level)) return nodes(level, low / size);
  const middle = low + split(size);
  return nodeHash(await rangeRoot(nodes, low, middle), await rangeRoot(nodes, middle, high));
}

/** The largest power of two below n, for n > 1. */
const split = (n: number): number => 2 ** Math.floor(Math.log2(n - 1));
const half = (n: number): number => Math.floor(n / 2);
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
