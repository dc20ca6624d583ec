import type { Readable } from 'node:stream';
import type { Fingerprint } from './fingerprint.ts';
import type { Doomed } from './store.ts';
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

/** A pack or a file as it lies there. */
export interface Stored {
  name: string;
  /** Bytes. */
  size: number;
  /** When it was last written, ms. */
  changed: number;
}

/** A pack that is written in one go. */
export interface NewPack {
  name: string;
  /** Bytes until now. */
  size: number;
  /** Where each piece lies in it. */
  append(pieces: readonly Uint8Array[]): Promise<number[]>;
  publish(): Promise<void>;
  abort(): Promise<void>;
}

/**
 * Where bytes lie: disk now, S3 by the same interface. It knows no rows: the store decides what is visible.
 * Every method that writes throws `unavailable` when the space is used up, and keeps nothing of that call.
 */
export interface BlobBackend {
  /**
   * Called once, before anything else. `end` tells how far the known blobs of a pack reach; what lies behind it is moved away. What
   * is doomed goes.
   */
  recover(known: { end(pack: string): Promise<number>; doomed: readonly Doomed[] }): Promise<void>;
  /** Which store this is, or undefined when it has not been said yet. */
  readId(): Promise<StoreId | undefined>;
  writeId(id: StoreId): Promise<void>;
  /** These blobs have rows now; kept without anybody waiting for it. */
  mark(mark: Mark): void;
  /** Nothing is marked any more: rows that the mark names are about to go or to move. On disk when it returns. */
  resetMark(): Promise<void>;
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
  /** Takes the place that one gc or backup at a time has; throws while another has it. Returns the release. */
  exclusive(): () => void;
  /** From here on no piece is added to a pack that is there now. Returns those whose pieces are not all durable yet. */
  seal(): Promise<ReadonlySet<string>>;
  packs(): Promise<Stored[]>;
  /** Large blobs, page by page. */
  files(): AsyncGenerator<Stored[]>;
  /** A new pack that is not there before `publish`, which makes it durable. */
  startPack(): Promise<NewPack>;
  /** Whoever is reading it reads on. */
  remove(doomed: Doomed): Promise<void>;
  scratch(): Promise<string>;
  /** Throws when nothing can be written; leaves nothing behind. */
  requireWritable(): Promise<void>;
  close(): Promise<void>;
}
