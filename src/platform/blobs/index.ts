import type { Readable } from 'node:stream';

/** BLAKE3-256 of the bytes, 64 hex digits. */
export type BlobHash = string;

export interface BlobInfo {
  hash: BlobHash;
  /** Bytes, as handed in (not as stored). */
  size: number;
}

/**
 * Content-addressed bytes. When `put` resolves, the bytes are on disk and the blob is known to every reader;
 * a kill before that leaves nothing visible. Identical content is stored once.
 */
export interface BlobStore {
  /** Streams bytes in; never holds more than a few MiB of them. `expected` is checked before anything becomes visible. */
  put(source: AsyncIterable<Uint8Array> | Uint8Array, expected?: Partial<BlobInfo>): Promise<BlobInfo>;
  /** Many blobs, one fsync a pack and one transaction for all of them. */
  putMany(sources: AsyncIterable<{ bytes: Uint8Array; expected?: Partial<BlobInfo> }>): Promise<BlobInfo[]>;
  /** Which of these are stored. */
  has(hashes: readonly BlobHash[]): Promise<Set<BlobHash>>;
  info(hash: BlobHash): Promise<BlobInfo | undefined>;
  /** A stream of the bytes, or of `start..end` (inclusive, as in HTTP). Throws `missing` for an unknown hash. */
  open(hash: BlobHash, range?: { start: number; end: number }): Promise<Readable>;
  /** The whole blob in memory; refuses blobs above `limit` bytes (16 MiB unless said). */
  read(hash: BlobHash, limit?: number): Promise<Buffer>;
  /**
   * Writes the blob to a file of ours (never a client's path): `copy`, or a hard link where the blob is a file of its own.
   */
  materialise(hash: BlobHash, path: string): Promise<void>;
}
