import type { Database, Db } from '../db/index.ts';

/** A noun names a blob: as long as it does, the blob is needed. */
export interface Use {
  hash: string;
  /** The kind of noun, as a person counts space: `run artifacts`, `dataset versions`. */
  noun: string;
  /** Which one, for people: `artifact default:3/ab/artifacts/model.pkl`. */
  by: string;
  /** How the blob's bytes name further blobs; a key of the room's `inside`. */
  form?: string | undefined;
}

/** A blob that stands in the bytes of another. */
export interface Inner {
  hash: string;
  form?: string | undefined;
}

/** What a room says of the blobs that it needs. One file a room, `uses.ts`, handed to whoever must know: gc, verify, backup. */
export interface BlobUser {
  /** Columns, as `table.column`, that name blobs, alone or inside JSON. A test looks for columns that nobody lists. */
  columns: readonly string[];
  /**
   * Columns of rows that only say something of a blob (who may name it, what its profile is): they need nothing, and go with
   * the blob.
   */
  remarks?: readonly string[];
  /** Every use of every workspace, page by page; a page is some hundred rows, so that others have a turn in between. */
  uses(database: Pick<Database, 'scan'>): AsyncGenerator<readonly Use[]>;
  /** Drops the rows of `remarks` on blobs that go, in their transaction. */
  forget?(db: Db, hashes: readonly string[]): Promise<void>;
  inside?: Readonly<Record<string, (bytes: Buffer) => Iterable<Inner>>>;
}

/** Rows of one page of an enumeration. */
export const USES_PAGE = 500;
