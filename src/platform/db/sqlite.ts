import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { unavailable } from '../errors/index.ts';
import { createLog, type Log } from '../log/index.ts';
import { sqliteDialect } from './dialect.ts';
import { Checkpoints } from './checkpoints.ts';
import type { Database } from './database.ts';
import type { Db } from './db.ts';
import { ReaderThreads } from './reader-threads.ts';
import { kyselyOn, openSqliteFile, SqliteConnection } from './sqlite-connection.ts';
import { wakeAll } from './wake.ts';

/** Two, so that one long scan does not hold up all the others. */
const READERS = 2;
/** Longest that one scan may take, ms: checking the integrity of a large table is the longest of them. */
const SCAN_LIMIT = 5 * 60_000;

/**
 * Embedded SQLite: one writer connection with group commit, one reader on this thread for short reads,
 * reader threads for long ones (started at the first long read).
 */
export function openSqlite(
  file: string,
  options: { scanLimit?: number; observe?: (commit: Commit) => void; log?: Log } = {},
): Database {
  mkdirSync(path.dirname(file), { recursive: true });
  const writer = openSqliteFile(file, { readOnly: false });
  // A read-only connection cannot open a database whose WAL index does not exist yet; the writer made it above.
  const reader = openSqliteFile(file, { readOnly: true });
  const readers = new ReaderThreads(file, { size: READERS, limit: options.scanLimit ?? SCAN_LIMIT });
  const log = options.log ?? createLog('error');
  const checkpoints = new Checkpoints(file, writer, log);
  const group = new GroupCommit(
    writer,
    kyselyOn(new SqliteConnection(writer)),
    checkpoints,
    log,
    options.observe,
  );
  return {
    dialect: sqliteDialect,
    db: kyselyOn(new SqliteConnection(reader)),
    scan: kyselyOn(readers, true),
    write: (change) => group.write(change),
    async close() {
      await group.idle();
      await checkpoints.idle();
      await readers.close();
      reader.close();
      writer.close();
    },
  };
}

/** One commit of the group: how many changes shared it, and its seconds from the first change to the disk. */
export interface Commit {
  changes: number;
  seconds: number;
}

type Change = (db: Db, afterCommit: (wake: () => void) => void) => Promise<unknown>;

interface Waiting {
  change: Change;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
}

/**
 * Changes that arrive together share one commit and so one fsync: each runs in its own savepoint, and
 * nobody hears back before the commit is on disk.
 */
class GroupCommit {
  readonly #writer: DatabaseSync;
  readonly #db: Db;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;

  readonly #checkpoints: Checkpoints;
  readonly #log: Log;
  readonly #observe: ((commit: Commit) => void) | undefined;

  constructor(
    writer: DatabaseSync,
    db: Db,
    checkpoints: Checkpoints,
    log: Log,
    observe?: (commit: Commit) => void,
  ) {
    this.#writer = writer;
    this.#db = db;
    this.#checkpoints = checkpoints;
    this.#log = log;
    this.#observe = observe;
  }

  write<T>(change: (db: Db, afterCommit: (wake: () => void) => void) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // The queue holds changes of many result types; each resolve gets the value of its own change.
      this.#queue.push({ change, resolve: resolve as (value: unknown) => void, reject });
      this.#running ??= this.#drain();
    });
  }

  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #drain(): Promise<void> {
    // Lets the requests that wait in the sockets join the group: without it each of a hundred callers would have an fsync of its own.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    while (this.#queue.length > 0) {
      await this.#checkpoints.due();
      await this.#commitGroup();
      this.#checkpoints.committed();
      // A turn for everybody else, and for the next requests: groups without a pause between them would hold the loop for good.
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    this.#running = undefined;
  }

  async #commitGroup(): Promise<void> {
    const answers: Array<() => void> = [];
    const wakes: Array<() => void> = [];
    const taken: Waiting[] = [];
    try {
      // At once as the writer: a transaction that began by reading could be refused at its first write, in the middle of a group.
      this.#writer.exec('begin immediate');
      const started = performance.now();
      // Past some milliseconds the group closes, so that a flood cannot keep the first caller waiting.
      while (this.#queue.length > 0 && taken.length < 500 && performance.now() - started < 10) {
        const waiting = this.#queue.shift()!;
        taken.push(waiting);
        // One change at a time: there is one connection, and savepoints of two at once would nest and undo each other's work.
        this.#writer.exec('savepoint one');
        // Apart until it is known that the change stands: one that is undone wakes nobody.
        const mine: Array<() => void> = [];
        try {
          const value = await waiting.change(this.#db, (wake) => void mine.push(wake));
          this.#writer.exec('release one');
          wakes.push(...mine);
          // Not yet: it is in the log of the database only after the commit.
          answers.push(() => waiting.resolve(value));
        } catch (error) {
          // A full disk makes SQLite roll the whole transaction back by itself: then the group is lost.
          if (!this.#writer.isTransaction) throw error;
          this.#writer.exec('rollback to one; release one');
          answers.push(() => waiting.reject(storageError(error)));
        }
      }
      this.#writer.exec('commit');
      this.#observe?.({ changes: taken.length, seconds: (performance.now() - started) / 1000 });
    } catch (error) {
      if (this.#writer.isTransaction) this.#writer.exec('rollback');
      const reason = storageError(error);
      for (const waiting of taken) waiting.reject(reason);
      // `begin` itself failed: whoever waits hears of it, too, or the next round would try the same for ever.
      if (taken.length === 0) for (const waiting of this.#queue.splice(0)) waiting.reject(reason);
      return;
    }
    wakeAll(wakes, this.#log);
    for (const answer of answers) answer();
  }
}

/** SQLite's result codes for a disk that is full or broken become an error that says so. */
function storageError(error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error;
  const primary = error.errcode & 0xff;
  if (primary === 13) {
    return unavailable('the disk that holds the data folder is full; nothing of this request was kept', {
      hint: 'free some space, then send the request again',
      cause: error,
    });
  }
  if (primary === 10 || primary === 8) {
    return unavailable('the data folder cannot be written; nothing of this request was kept', {
      hint: 'check the disk and the rights of the data folder, then send the request again',
      cause: error,
    });
  }
  return error;
}
