import type { Ctx } from '../ctx/index.ts';
import type { Log } from '../log/index.ts';
import type { DeliveredEvent } from './event.ts';
import { selectAll, selectBounds } from './store.ts';

/** Newest events that are kept; who is further behind reads the table. */
const KEPT = 1_000;
const PAGE = 500;
/** Least time between two reads, ms: a burst of changes becomes one read. */
const PACE = 20;
/** When the database could not be read, ms. */
const AGAIN = 1_000;
/** Streams that are woken in one turn of the loop: each writes to its socket. */
const AT_ONCE = 50;

/**
 * The end of the outbox, read once for all live streams of this process, however many there are: at a change each of them looks into
 * this memory rather than asking the database. Reads only while somebody listens.
 */
export class Tail {
  readonly #log: Log;
  #ctx: Pick<Ctx, 'db'> | undefined;
  readonly #listeners = new Set<() => void>();
  /** Of all workspaces, oldest first. Numbers have no gaps, so that a place is found by counting. */
  #events: DeliveredEvent[] = [];
  /** The newest number that was read; undefined until somebody listens. */
  #last: number | undefined;
  #reading = false;
  #again = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Hears whenever there may be something new. Returns how to stop listening. */
  listen(ctx: Pick<Ctx, 'db'>, listener: () => void): () => void {
    this.#ctx = ctx;
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) {
      this.#events = [];
      this.#last = undefined;
      this.ring();
    }
    return () => void this.#listeners.delete(listener);
  }

  /** Something was committed. */
  ring(): void {
    if (this.#listeners.size === 0) return;
    if (this.#reading) this.#again = true;
    else void this.#read();
  }

  /** Everything behind a number, as far as it is known; undefined where only the table knows. */
  after(seq: number): { events: DeliveredEvent[]; last: number } | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    if (seq >= last) return { events: [], last: seq };
    const first = this.#events[0]?.seq ?? last + 1;
    return seq + 1 < first ? undefined : { events: this.#events.slice(seq + 1 - first), last };
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  async #read(): Promise<void> {
    const ctx = this.#ctx;
    if (!ctx) return;
    this.#reading = true;
    this.#again = false;
    let wait = PACE;
    try {
      this.#last ??= (await selectBounds(ctx)).last;
      for (let page: DeliveredEvent[] = []; ;) {
        page = await selectAll(ctx, this.#last, PAGE);
        this.#events.push(...page);
        this.#last = page.at(-1)?.seq ?? this.#last;
        if (page.length < PAGE) break;
      }
      this.#events.splice(0, this.#events.length - KEPT);
      await this.#wake();
    } catch (error) {
      this.#log.warn('live streams could not read what happened, and will try again', { error });
      this.#again = true;
      wait = AGAIN;
    }
    this.#timer = setTimeout(() => {
      this.#reading = false;
      if (this.#again) this.ring();
    }, wait).unref();
  }

  async #wake(): Promise<void> {
    let woken = 0;
    for (const listener of this.#listeners) {
      listener();
      if (++woken % AT_ONCE === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }
}
