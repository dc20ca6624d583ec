import type { Readable } from 'node:stream';
import type { BlobUser } from './uses.ts';

/** BLAKE3-256 of the bytes, 64 hex digits, lower case. */
export type BlobHash = string;

export interface BlobInfo {
  hash: BlobHash;
  /** Bytes, as handed in (not as stored). */
  size: number;
}

/** Bytes on their way in. */
export type BlobSource = AsyncIterable<Uint8Array> | Uint8Array;

/** A blob of `putMany`; `bytes` streams when it may be large. */
export interface BlobInput {
  bytes: BlobSource;
  expected?: Partial<BlobInfo>;
}

/** Bytes of a blob that were found missing or changed. */
export interface Damage extends BlobInfo {
  /** The pack that holds it; undefined for a file of its own. */
  pack: string | undefined;
  reason: string;
}

/** A blob of `readMany`. */
export interface BlobContent extends BlobInfo {
  content: Buffer | Readable;
}

/**
 * Content-addressed bytes. When `put` resolves, the bytes are on disk and the blob is known to every reader;
 * a kill before that leaves nothing visible. Identical content is stored once.
 *
 * Not workspace-aware: rooms keep their own rows of which hashes a workspace may name, and never hand a
 * hash from a client to `read` or `open` without looking there.
 */
export interface BlobStore {
  /** Streams bytes in; never holds more than 8 MiB of them. `expected` is checked before anything becomes visible. */
  put(source: BlobSource, expected?: Partial<BlobInfo>): Promise<BlobInfo>;
  /** Many blobs, one fsync a pack and one transaction for all of them: all become visible, or none. */
  putMany(sources: AsyncIterable<BlobInput> | Iterable<BlobInput>): Promise<BlobInfo[]>;
  /**
   * Which of these are stored and not known to be damaged, with their sizes. They stay for an hour at least: time to write the row
   * that names them.
   */
  has(hashes: readonly BlobHash[]): Promise<Map<BlobHash, number>>;
  info(hash: BlobHash): Promise<BlobInfo | undefined>;
  /**
   * A stream of the bytes, or of `start..end` (inclusive, as in HTTP). Throws `missing` for an unknown hash.
   * Bytes that are not the blob's are never handed out as good: they are verified before, or, when there are very many and all are
   * asked for, on the way; then the stream ends with an error in place of its last bytes.
   */
  open(hash: BlobHash, range?: { start: number; end: number }): Promise<Readable>;
  /**
   * Many blobs, in the order asked for: small ones as verified bytes (neighbours cost one read), large ones as a stream.
   * A stream must be read or destroyed before the next blob is asked for.
   */
  readMany(hashes: Iterable<BlobHash>): AsyncGenerator<BlobContent>;
  /** The whole blob in memory, verified; refuses blobs above `limit` bytes (16 MiB unless said). */
  read(hash: BlobHash, limit?: number): Promise<Buffer>;
  /**
   * Writes the blob to a new file of ours (never a client's path): a reflink where the file system can, else a copy, so that
   * nobody who writes to it changes the blob. The blob's bytes are verified before. `mode` is that of the file (0644 unless said).
   * With `shared`, a large one is a read-only link of a copy that others use too: for readers that are our own code.
   */
  materialise(hash: BlobHash, path: string, options?: { mode?: number; shared?: boolean }): Promise<void>;
  /**
   * Whether a file that `materialise` made still holds exactly the blob's bytes. It is read once, and again when its inode, size
   * or times say that it may have changed.
   */
  matches(hash: BlobHash, path: string): Promise<boolean>;
  /** A new empty directory on the blobs' own file system, for materialised files. The next start removes what is left. */
  scratch(): Promise<string>;
  /** Throws when the store cannot take a write; leaves nothing behind. */
  requireWritable(): Promise<void>;
  /**
   * Reads every stored byte and believes nothing that was verified before. Tells how far it has got after each part, and what it
   * found damaged or gone there.
   */
  check(signal?: AbortSignal): AsyncGenerator<Checked>;
  /** Gives back the space of what nobody names; see `collect.ts`. Refuses while another does, or a backup is made. */
  collect(options: CollectOptions): AsyncGenerator<Collecting, Collected>;
  close(): Promise<void>;
}

/** A part of `check`. */
export interface Checked {
  blobs: number;
  /** As stored. */
  bytes: number;
  damaged: Damage[];
}

export interface CollectOptions {
  /** Everybody who may need a blob. Who is not here is taken to need none. */
  users: readonly BlobUser[];
  /** What was sent or asked for within this, ms, stays although nobody names it. */
  grace: number;
  /** Only says what would go. */
  dryRun?: boolean;
  /** Rewrites every pack that holds a byte that nobody needs, not only those where it pays. */
  compact?: boolean;
  signal?: AbortSignal;
}

/** How far `collect` has got. */
export interface Collecting {
  stage: 'looking' | 'removing' | 'rewriting';
  /** Of this stage, until now. */
  blobs: number;
  bytes: number;
}

/** What `collect` has done, or would do. */
export interface Collected {
  /** Needed by somebody. */
  used: number;
  /** Needed by nobody and removed; bytes as stored. */
  removed: { blobs: number; bytes: number };
  /** Needed by nobody, and too young to go, pinned, or just asked for. */
  kept: { blobs: number; bytes: number };
  /** What this gives back on disk: files that go and packs that shrink. */
  freed: number;
  /** Still taken by what is gone, in packs of which the most is needed. */
  left: number;
  packs: { removed: number; rewritten: number };
}
