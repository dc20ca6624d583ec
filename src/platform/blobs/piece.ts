import type { BlobInfo } from './blob-store.ts';

/** Before each packed blob, so that a pack can be read without the database: mark, encoding, size, stored, hash. */
export const HEADER = 48;

export function header(
  { hash, size }: BlobInfo,
  { encoding, stored }: { encoding: string; stored: { length: number } },
): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes.write(encoding === 'raw' ? 'TB1r' : 'TB1z', 0, 'latin1');
  bytes.writeUInt32LE(stored.length, 4);
  bytes.writeBigUInt64LE(BigInt(size), 8);
  bytes.write(hash, 16, 'hex');
  return bytes;
}
