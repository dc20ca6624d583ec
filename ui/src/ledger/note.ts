/** The signed note of a checkpoint (C2SP tlog-checkpoint), read and its signature checked in the browser. */
import { toHex } from './merkle.ts';

export interface Note {
  origin: string;
  size: number;
  /** Hex. */
  root: string;
  /** What the signature covers. */
  text: string;
  signature: Uint8Array<ArrayBuffer> | undefined;
}

export function readNote(note: string): Note | undefined {
  const end = note.indexOf('\n\n');
  if (end < 0) return undefined;
  const text = note.slice(0, end + 1);
  const [origin = '', size = '', root = ''] = text.split('\n');
  const bytes = fromBase64(root);
  if (!/^\d+$/.test(size) || bytes?.length !== 32) return undefined;
  // `— name base64(4 bytes of key hash, then the signature)`.
  const line = /^— \S+ (\S+)$/m.exec(note.slice(end + 2));
  const signed = line ? fromBase64(line[1]!) : undefined;
  return {
    origin,
    size: Number(size),
    root: toHex(bytes),
    text,
    signature: signed?.length === 68 ? signed.slice(4) : undefined,
  };
}

/** `undefined`: this browser cannot check Ed25519. */
export async function checkSignature(note: Note, publicKeyPem: string): Promise<boolean | undefined> {
  if (!note.signature) return false;
  const der = fromBase64(publicKeyPem.replace(/-----[^-]+-----|\s/g, ''));
  if (!der) return false;
  try {
    const key = await crypto.subtle.importKey('spki', der, { name: 'Ed25519' }, false, ['verify']);
    return await crypto.subtle.verify(
      { name: 'Ed25519' },
      key,
      note.signature,
      new TextEncoder().encode(note.text),
    );
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotSupportedError') return undefined;
    return false;
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}
