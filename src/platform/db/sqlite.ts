import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { unavailable } from '../errors/index.ts';
import { createLog, type Log } from '../log/index.ts';
import { sqliteDialect } from './dialect.ts';
import type { Database, Db } from './index.ts';
import { kyselyOn, openSqliteFile, SqliteConnection } from './sqlite-connection.ts';
import { wakeAll } from './wake.ts';

/**
 * Embedded SQLite: one writer connection with group commit, one reader on this thread for short reads,
 * reader threads for long ones (started at the first long read).
 */
export function openSqlite(
  file: string,
  options: { readers?: number; observe?: (commit: Commit) => void; log?: Log } = {},
): Database {
  mkdirSync(path.dirname(file), { recursive: true });
  const writer = openSqliteFile(file, { readOnly: false });
  // A read-only connection cannot open a database whose WAL index does not exist yet; the writer made it above.
  const reader = openSqliteFile(file, { readOnly: true });
  const readers = new ReaderThreads(file, options.readers ?? 1);
  const group = new GroupCommit(
    writer,
    kyselyOn(new SqliteConnection(writer)),
    options.log ?? createLog('error'),
    options.observe,
  );
  return {
    dialect: sqliteDialect,
    db: kyselyOn(new SqliteConnection(reader)),
    scan: kyselyOn(readers),
    write: (change) => group.write(change),
    async close() {
      await group.idle();
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

  readonly #log: Log;
  readonly #observe: ((commit: Commit) => void) | undefined;

  constructor(writer: DatabaseSync, db: Db, log: Log, observe?: (commit: Commit) => void) {
    this.#writer = writer;
    this.#db = db;
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
    // Lets the requests that wait in the sockets join the group.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    while (this.#queue.length > 0) {
      await this.#commitGroup();
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    this.#running = undefined;
  }

  async #commitGroup(): Promise<void> {
    const answers: Array<() => void> = [];
    const wakes: Array<() => void> = [];
    const taken: Waiting[] = [];
    try {
      this.#writer.exec('begin immediate');
      const started = performance.now();
      // Past some milliseconds the group closes, so that a flood cannot keep the first caller waiting.
      while (this.#queue.length > 0 && taken.length < 500 && performance.now() - started < 10) {
        const waiting = this.#queue.shift()!;
        taken.push(waiting);
        this.#writer.exec('savepoint one');
        const mine: Array<() => void> = [];
        try {
          const value = await waiting.change(this.#db, (wake) => void mine.push(wake));
          this.#writer.exec('release one');
          wakes.push(...mine);
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

/** Queries posted to reader threads; each thread holds its own read-only connection. */
class ReaderThreads implements DatabaseConnection {
  readonly #file: string;
  readonly #size: number;
  readonly #threads: Array<{ worker: Worker; busy: number }> = [];
  readonly #pending = new Map<
    number,
    { resolve: (rows: unknown[]) => void; reject: (error: Error) => void }
  >();
  #next = 0;

  constructor(file: string, size: number) {
    this.#file = file;
    this.#size = size;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const thread = this.#idlest();
    const id = this.#next++;
    thread.busy++;
    try {
      const rows = await new Promise<unknown[]>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject });
        thread.worker.postMessage({ id, sql: query.sql, parameters: query.parameters });
      });
      return { rows: rows as R[] };
    } finally {
      thread.busy--;
      this.#pending.delete(id);
    }
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming queries are not used on SQLite: page by key instead');
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #idlest(): { worker: Worker; busy: number } {
    const idle = this.#threads.find((thread) => thread.busy === 0);
    if (idle) return idle;
    if (this.#threads.length < this.#size) return this.#start();
    return this.#threads.reduce((best, thread) => (thread.busy < best.busy ? thread : best));
  }

  #start(): { worker: Worker; busy: number } {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./sqlite-reader.${extension}`, import.meta.url), {
      workerData: { path: this.#file },
    });
    worker.unref();
    worker.on('message', ({ id, rows, error }: { id: number; rows?: unknown[]; error?: string }) => {
      const waiting = this.#pending.get(id);
      if (error === undefined) waiting?.resolve(rows ?? []);
      else waiting?.reject(new Error(error));
    });
    worker.on('error', (error) => {
      for (const waiting of this.#pending.values())
        waiting.reject(error instanceof Error ? error : new Error(String(error)));
      this.#threads.splice(0);
    });
    const thread = { worker, busy: 0 };
    this.#threads.push(thread);
    return thread;
  }
}
