import type { Db } from './db.ts';
import type { Dialect } from './dialect.ts';

/** One open database: readers, the writer, and what this database can do. */
export interface Database {
  readonly dialect: Dialect;
  /** Short reads. */
  readonly db: Db;
  /** Long reads: off the event loop where the database lives in this process. */
  readonly scan: Db;
  /**
   * One transaction. Resolves once it is on disk. Concurrent calls may share one commit; each is still
   * atomic by itself. `afterCommit` callbacks run after the commit and before the promise resolves.
   */
  write<T>(change: (db: Db, afterCommit: (wake: () => void) => void) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
