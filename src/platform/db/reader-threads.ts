import { Worker } from 'node:worker_threads';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { programFile } from '../aside/index.ts';
import { tooLarge } from '../errors/index.ts';
import type { Asked, Portion, Told } from './sqlite-reader.ts';

interface Waiting {
  query: CompiledQuery;
  /** Those that have come so far. */
  rows: unknown[];
  resolve(rows: unknown[]): void;
  reject(error: Error): void;
}

interface Thread {
  worker: Worker;
  /** Its connection is there. */
  open: boolean;
  running: Waiting | undefined;
  late: NodeJS.Timeout | undefined;
}

/** Queries for reader threads, in the order in which they come; each thread has its own read-only connection and one query at a time. */
export class ReaderThreads implements DatabaseConnection {
  readonly #file: string;
  readonly #size: number;
  readonly #limit: number;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Waiting[] = [];
  /** Threads that were given up and still compute. */
  #ending = 0;

  /** `limit`: the longest that one query may take, ms. */
  constructor(file: string, { size, limit }: { size: number; limit: number }) {
    this.#file = file;
    this.#size = size;
    this.#limit = limit;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const rows = await new Promise<unknown[]>((resolve, reject) => {
      this.#waiting.push({ query, rows: [], resolve, reject });
      this.#next();
    });
    return { rows: rows as R[] };
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming queries are not used on SQLite: page by key instead');
  }

  async close(): Promise<void> {
    const all = [...this.#threads];
    for (const { late } of all) clearTimeout(late);
    await Promise.all(all.map(({ worker }) => worker.terminate()));
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      const idle = [...this.#threads].find(({ running }) => running === undefined);
      if (!idle && this.#threads.size >= this.#size) return;
      // Each one that was given up keeps a processor busy: they are no way to get more of them.
      if (!idle && this.#threads.size + this.#ending >= 2 * this.#size) return;
      this.#run(idle ?? this.#start(), this.#waiting.shift()!);
    }
  }

  #run(thread: Thread, asked: Waiting): void {
    const { sql, parameters } = asked.query;
    thread.running = asked;
    post(thread, { sql, parameters });
    if (thread.open) this.#limitTime(thread);
  }

  /** What counts is the time of the query, not that of starting the thread. */
  #limitTime(thread: Thread): void {
    thread.late = setTimeout(() => {
      // SQLite hears of it when it comes to the end of the statement; nobody waits for that, and another thread takes its place.
      this.#ending++;
      void thread.worker.terminate().finally(() => {
        this.#ending--;
        this.#next();
      });
      this.#lose(
        thread,
        tooLarge(`reading took longer than ${this.#limit / 1000} s and was given up`, {
          hint: 'ask for less at once: fewer rows, a narrower filter',
          code: 'timeout',
        }),
      );
    }, this.#limit).unref();
  }

  #start(): Thread {
    const worker = new Worker(programFile('sqlite-reader', import.meta.url), {
      workerData: { path: this.#file },
    });
    worker.unref();
    const thread: Thread = { worker, open: false, running: undefined, late: undefined };
    worker.on('message', (told: Told) => {
      if ('open' in told) {
        thread.open = true;
        if (thread.running) this.#limitTime(thread);
        return;
      }
      // Many rows at once would hold the loop as long as the query the thread.
      if ('rows' in told) thread.running?.rows.push(...objects(told));
      if ('more' in told && told.more && thread.running) return post(thread, { next: true });
      const asked = thread.running;
      clearTimeout(thread.late);
      thread.running = undefined;
      if ('error' in told) asked?.reject(new Error(told.error));
      else asked?.resolve(asked.rows);
      this.#next();
    });
    worker.on('error', (error) =>
      this.#lose(thread, error instanceof Error ? error : new Error(String(error))),
    );
    this.#threads.add(thread);
    return thread;
  }

  /** It answers nothing any more; what waits goes to another. */
  #lose(thread: Thread, error: Error): void {
    if (!this.#threads.delete(thread)) return;
    clearTimeout(thread.late);
    const asked = thread.running;
    thread.running = undefined;
    asked?.reject(error);
    this.#next();
  }
}

function objects({ columns, rows }: Portion): unknown[] {
  return rows.map((row) => {
    const one: Record<string, unknown> = {};
    for (let at = 0; at < columns.length; at++) one[columns[at]!] = row[at];
    return one;
  });
}

const post = ({ worker }: Thread, asked: Asked): void => worker.postMessage(asked);
