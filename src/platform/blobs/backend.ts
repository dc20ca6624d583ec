import type { Readable } from 'node:stream';
import type { Fingerprint } from './fingerprint.ts';
import type { Mark, StoreId } from './store-file.ts';

/** Bytes added to a pack: the pack's name and where they lie in it. */
export interface Region {
  pack: string;
  start: number;
  length: number;
}

/** A large blob on its way in. Nobody sees it before `finish`. */
export interface Staged {
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /** Makes the bytes durable under their hash. */
  finish(hash: string): Promise<void>;
  /** Forgets the bytes and gives their space back. */
  abort(): Promise<void>;
}

/**
 * Where bytes lie: disk now, S3 by the same interface. It knows no rows: the store decides what is visible.
 * Every method that writes throws `unavailable` when the space is used up, and keeps nothing of that call.
 */
export interface BlobBackend {
  /** Called once, before anything else. `end` tells how far the known blobs of a pack reach; what lies behind it is moved away. */
  recover(end: (pack: string) => Promise<number>): Promise<void>;
  /** Which store this is, or undefined when it has not been said yet. */
  readId(): Promise<StoreId | undefined>;
  writeId(id: StoreId): Promise<void>;
  /** These blobs have rows now; kept without anybody waiting for it. */
  mark(mark: Mark): void;
  /** Adds small pieces to a pack. Not durable before `sync`. */
  append(pieces: readonly Uint8Array[]): Promise<Region[]>;
  /** Returns when the regions are durable. */
  sync(regions: readonly Region[]): Promise<void>;
  /** These regions will never be named by a row: give their space back if that is cheap. */
  discard(regions: readonly Region[]): Promise<void>;
  stage(): Promise<Staged>;
  /** In the order of the regions. */
  readRegions(regions: readonly Region[]): Promise<Buffer[]>;
  /** A large blob's object as it is now, or undefined when it is not there. */
  statFile(hash: string): Promise<Fingerprint | undefined>;
  openFile(hash: string, range?: { start: number; end: number }): Readable;
  /** A new file of this mode: a reflink where that is possible, else a copy; never the blob's own file. */
  copyFile(hash: string, path: string, mode: number): Promise<void>;
  /** A name for a read-only copy that many readers share. */
  lendFile(hash: string, path: string): Promise<void>;
  scratch(): Promise<string>;
  /** Throws when nothing can be written; leaves nothing behind. */
  requireWritable(): Promise<void>;
  close(): Promise<void>;
}
