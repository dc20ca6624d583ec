/**
 * RFC 6962 inclusion, checked in the browser with its own SHA-256: the server's word is not taken for it.
 * The walk is RFC 9162 §2.1.3.2; every hash on the way is kept, so that a person can follow it.
 */

/** One level of the climb from the leaf to the root. */
export interface ProofStep {
  /** Where the sibling from the proof stands beside what is known so far. */
  side: 'left' | 'right';
  sibling: string;
  /** SHA-256(01 ‖ left ‖ right). */
  hash: string;
}

export interface ProofCheck {
  ok: boolean;
  leafHash: string;
  steps: ProofStep[];
  /** The root that the climb ended at. */
  root: string;
  /** Why it failed; absent when it held. */
  problem?: string;
}

export interface Inclusion {
  /** The bytes that the tree holds for this entry. */
  leaf: Uint8Array<ArrayBuffer>;
  /** Position of the entry, from 0. */
  index: number;
  /** Leaves of the tree that the root stands for. */
  size: number;
  /** Sibling hashes, lowest first; hex. */
  path: readonly string[];
  /** What the climb must end at; hex. */
  root: string;
}

export async function checkInclusion(proof: Inclusion): Promise<ProofCheck> {
  const leafHash = await sha256([Uint8Array.of(0), proof.leaf]);
  const fail = (problem: string, steps: ProofStep[], hash: Uint8Array<ArrayBuffer>): ProofCheck => ({
    ok: false,
    leafHash: toHex(leafHash),
    steps,
    root: toHex(hash),
    problem,
  });
  const steps: ProofStep[] = [];
  let hash = leafHash;
  if (
    !Number.isSafeInteger(proof.index) ||
    !Number.isSafeInteger(proof.size) ||
    proof.index < 0 ||
    proof.index >= proof.size
  )
    return fail(`There is no leaf ${proof.index} in a tree of ${proof.size}.`, steps, hash);
  let node = proof.index;
  let last = proof.size - 1;
  for (const text of proof.path) {
    const sibling = fromHex(text);
    if (sibling?.length !== 32)
      return fail('The proof holds something that is not a SHA-256 hash.', steps, hash);
    if (last === 0) return fail('The proof is longer than the tree is high.', steps, hash);
    const left = node % 2 === 1 || node === last;
    hash = await sha256(left ? [Uint8Array.of(1), sibling, hash] : [Uint8Array.of(1), hash, sibling]);
    steps.push({ side: left ? 'left' : 'right', sibling: text.toLowerCase(), hash: toHex(hash) });
    if (left) {
      // The last node of a level that has no partner rises unhashed until it has one.
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    }
    node = half(node);
    last = half(last);
  }
  if (last !== 0) return fail('The proof ends below the root.', steps, hash);
  if (toHex(hash) !== proof.root.toLowerCase())
    return fail('The climb ends at another root than the checkpoint states.', steps, hash);
  return { ok: true, leafHash: toHex(leafHash), steps, root: toHex(hash) };
}

/** Not `>> 1`: a ledger may outgrow 31 bits. */
const half = (n: number) => Math.floor(n / 2);

async function sha256(parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}

export function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}
