import type { Kysely } from 'kysely';
import type { Dialect } from './dialect.ts';

export type { Dialect } from './dialect.ts';
export { deleteInAllWorkspaces } from './delete-by-hash.ts';
export { insertMany } from './insert-many.ts';
export { migrate, type Migration } from './migrate.ts';
export { dataFolderIsLocked, lockCollecting, lockDataFolder } from './lock.ts';
export { peekSqlite } from './peek-sqlite.ts';
export { snapshotSqlite } from './snapshot.ts';
export { openSqlite, type Commit } from './sqlite.ts';
export { openPostgres } from './postgres.ts';
export { requireWritable } from './require-writable.ts';
export { openPglite } from './pglite.ts';

/** A room sees its own tables by `ctx.db.$extendTables<RoomTables>()`. */
// eslint-disable-next-line typescript/no-empty-object-type
export type Db = Kysely<{}>;

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
