import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/**
 * AES-256-GCM in an envelope: each value has a key of its own, which the master key seals. Both are bound to what they are of, so that
 * nothing that was sealed for one secret opens as another.
 */

const IV = 12;
const TAG = 16;

export interface Of {
  workspace: string;
  environment: string;
  id: string;
  version: number;
}

const bound = ({ workspace, environment, id, version }: Of): Buffer =>
  Buffer.from(JSON.stringify([workspace, environment, id, version]));

function seal(key: Uint8Array, plain: Uint8Array, of: Buffer): string {
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG }).setAAD(of);
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** Throws where anything of it was changed, or it is of something else. */
function open(key: Uint8Array, sealed: string, of: Buffer): Buffer {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < IV + TAG) throw new Error('it is too short to be sealed');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV), { authTagLength: TAG })
    .setAAD(of)
    .setAuthTag(bytes.subarray(-TAG));
  return Buffer.concat([decipher.update(bytes.subarray(IV, -TAG)), decipher.final()]);
}

export function sealValue(master: Uint8Array, value: string, of: Of): { wrapped: string; sealed: string } {
  const key = randomBytes(32);
  return { wrapped: seal(master, key, bound(of)), sealed: seal(key, Buffer.from(value), bound(of)) };
}

export function openValue(
  master: Uint8Array,
  { wrapped, sealed }: { wrapped: string; sealed: string },
  of: Of,
): string {
  return open(open(master, wrapped, bound(of)), sealed, bound(of)).toString('utf8');
}

/** The same key of a value under another master key. */
export const wrapAnew = (from: Uint8Array, to: Uint8Array, wrapped: string, of: Of): string =>
  seal(to, open(from, wrapped, bound(of)), bound(of));
