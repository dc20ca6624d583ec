import type { EntryProof } from '../../../src/ledger/contract.ts';
import { checkInclusion, type ProofCheck } from './merkle.ts';
import { checkSignature, readNote } from './note.ts';

export interface EntryCheck extends ProofCheck {
  /** Whether the climb's root and size are those of the note that the log signed. */
  inNote: boolean;
  /** Whether the signature holds; `undefined` where the browser cannot tell. */
  signed: boolean | undefined;
  /** What the hashed text itself says: shown, so that what is read is what is proven. */
  fields: Readonly<Record<string, unknown>>;
}

/** The whole check of one entry. Nothing that the server says about it is taken for granted but its public key. */
export async function checkEntry(proof: EntryProof, publicKey: string): Promise<EntryCheck> {
  const inclusion = await checkInclusion({
    leaf: new TextEncoder().encode(proof.text),
    index: proof.entry.seq,
    size: proof.size,
    path: proof.path,
    root: proof.root,
  });
  const note = readNote(proof.checkpoint);
  const fields: unknown = JSON.parse(proof.text);
  return {
    ...inclusion,
    inNote: note !== undefined && note.root === inclusion.root && note.size === proof.size,
    signed: note === undefined ? false : await checkSignature(note, publicKey),
    fields: typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {},
  };
}

/** Browsers give `crypto.subtle` to secure origins and loopback only. */
export function canCheck(): boolean {
  return typeof crypto !== 'undefined' && 'subtle' in crypto && crypto.subtle !== undefined;
}
