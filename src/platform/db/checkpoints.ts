import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { createAside, LATE, programFile } from '../aside/index.ts';
import type { Log } from '../log/index.ts';
import type { Asked, Told } from './checkpoint-thread.ts';

/** Pages in the log from which on they are moved into the database file: 16 MiB. */
const DUE = 4000;
/** Pages in the log from which on writers wait for the first step, too. */
const MOST = 4 * DUE;
/** Where the thread has failed for long, SQLite does it at a commit, as it would by itself. */
const LAST_RESORT = 100_000;

/** It keeps nothing between two questions, so one for the process is as good as one handed in. */
const thread = createAside<Asked, Told>({
  file: programFile('checkpoint-thread', import.meta.url),
  name: 'treadle-checkpoint',
  deadline: 10 * 60_000,
});

/**
 * Moves the log's pages into the database file in a thread: SQLite by itself does it within a commit, and the loop stands still until
 * thousands of pages are written and synced. Writers go on beside it. What they wrote meanwhile is moved in a second step, for which they
 * wait, and which is short: only a log of which nothing is left begins anew.
 */
export class Checkpoints {
  readonly #file: string;
  readonly #log: Log;
  readonly #query: StatementSync;
  #first: Promise<void> | undefined;
  #second: Promise<void> | undefined;
  /** Pages that were in the log alone, when somebody last looked. */
  #seen = 0;
  /** Of them, those that stayed: a long reader still needed them there. */
  #left = 0;
  #behind = false;

  constructor(file: string, writer: DatabaseSync, log: Log) {
    this.#file = file;
    this.#log = log;
    writer.exec(`pragma wal_autocheckpoint = ${LAST_RESORT}`);
    this.#query = writer.prepare('pragma wal_checkpoint(noop)');
  }

  /** After each commit. */
  committed(): void {
    const waiting = this.#look();
    this.#left = Math.min(this.#left, waiting);
    this.#behind = waiting > this.#left + MOST;
    if (this.#first || waiting < this.#left + DUE) return;
    // The answers come at any time, also while a change is under way, when the writer itself can say nothing of its log.
    this.#first = this.#move().then(() => {
      if (this.#seen > 0) this.#second = this.#move().then(() => this.#end());
      else this.#end();
    });
  }

  /** Before each commit: what writers wait for, if there is something. */
  due(): Promise<void> | undefined {
    return this.#second ?? (this.#behind ? this.#first : undefined);
  }

  /** Resolves when nothing is being moved. */
  async idle(): Promise<void> {
    await this.#first;
    await this.#second;
  }

  #end(): void {
    this.#left = this.#seen;
    this.#behind = false;
    this.#first = undefined;
    this.#second = undefined;
  }

  /** Pages that are in the log alone. Asked between two transactions of the writer: within one SQLite refuses it. */
  #look(): number {
    const row = this.#query.get();
    this.#seen = Number(row?.['log']) - Number(row?.['checkpointed']);
    return this.#seen;
  }

  /** Where it fails, it is tried again when as many pages have come. */
  async #move(): Promise<void> {
    const failed = (error: unknown): void =>
      this.#log.warn('the log of the database could not be moved into its file', { error });
    try {
      const told = await thread.ask({ file: this.#file });
      if (told === LATE) failed('it took too long');
      else if (told.error !== undefined) failed(told.error);
      else this.#seen = told.waiting ?? 0;
    } catch (error) {
      failed(error);
    }
  }
}
