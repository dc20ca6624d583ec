import { Blake3Hasher, blake3 as digest } from '@napi-rs/blake-hash';

/** The library asks for a Buffer; this makes one over the same bytes. */
const view = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** BLAKE3-256 as 64 hex digits. */
export const blake3 = (bytes: Uint8Array | string): string =>
  digest(typeof bytes === 'string' ? bytes : view(bytes)).toString('hex');

/** BLAKE3-256 of bytes that come piece by piece. */
export function hasher(): { update(chunk: Uint8Array): void; hex(): string } {
  const state = new Blake3Hasher();
  return {
    update: (chunk) => void state.update(view(chunk)),
    hex: () => state.digest('hex'),
  };
}
