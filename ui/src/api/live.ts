import type { Query, QueryClient } from '@tanstack/react-query';
import { health } from '../../../src/faces/rest/contract.ts';
import type { Event } from '../../../src/platform/events/contract.ts';
import { streamEvents } from '../../../src/platform/events/contract.ts';
import { hears } from './subjects.ts';

export type Connection = 'connecting' | 'live' | 'lost';

/** Events arrive by the thousand while a run logs; what is shown is read anew at most this often. */
const SETTLE_MS = 1000;
/** The server says something at least every 25 s; after this long it is away, whatever the connection looks like. */
const SILENCE_MS = 60_000;
const AGAIN_MS = 3000;

/**
 * Follows the server's events and marks as stale every query that listens to what changed. While the stream is away
 * nothing is known to be fresh: when it is back, everything shown is read anew.
 */
export class Live {
  private state: Connection = 'connecting';
  private since = Date.now();
  private readonly watchers = new Set<() => void>();
  private readonly hearers = new Set<(event: Event) => void>();
  private readonly queries: QueryClient;
  private source: EventSource | undefined;
  private pending = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private following = false;
  private held = 0;
  /** First questions under way when what they ask about changed: the answer to come may be of before. */
  private readonly overtaken = new Set<string>();

  constructor(queries: QueryClient) {
    this.queries = queries;
    queries.getQueryCache().subscribe(({ type, query, ...event }) => {
      if (type !== 'updated' || !('action' in event)) return;
      const { type: what } = event.action;
      // A refusal is overtaken as well: what was not there yet may have come.
      if ((what === 'success' || what === 'error') && this.overtaken.delete(query.queryHash))
        setTimeout(() => void queries.invalidateQueries({ predicate: (one) => one === query }));
    });
  }

  start(): void {
    addEventListener('offline', this.look);
    addEventListener('online', this.look);
    this.source?.close();
    const source = new EventSource(streamEvents.path);
    this.source = source;
    // From its first words on nothing is missed. What was asked before, or while it was away, may have changed since.
    let ready = false;
    source.addEventListener('ready', () => {
      ready = true;
      this.follow();
    });
    // Found again by the browser itself, which says where it was: the server goes on from there.
    source.addEventListener('open', () => ready && this.follow());
    source.addEventListener('reset', () => this.follow());
    source.addEventListener('ping', () => this.follow());
    source.addEventListener('message', (message: MessageEvent<string>) => {
      this.follow();
      // Our own server's words, by the contract of its stream.
      this.hear(JSON.parse(message.data) as Event);
    });
    source.addEventListener('error', () => this.lose(source));
  }

  /** Resolves when nothing is missed any more, or after `ms`: questions that wait for it need not be asked twice. */
  settled(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.state === 'live') return resolve();
      const done = (): void => {
        stop();
        clearTimeout(timer);
        resolve();
      };
      const stop = this.watch(done);
      const timer = setTimeout(done, ms);
    });
  }

  private follow(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.lose(this.source);
      this.start();
    }, SILENCE_MS);
    if (this.following) return;
    this.following = true;
    this.refresh(() => true);
    this.turn('live');
  }

  private lose(source: EventSource | undefined): void {
    if (source !== this.source) return;
    clearTimeout(this.silence);
    this.following = false;
    this.turn('lost');
    // The browser gives up when the answer was not a stream (a proxy's error page): begin again ourselves.
    if (source?.readyState === EventSource.CLOSED)
      setTimeout(() => {
        if (source === this.source) this.start();
      }, AGAIN_MS);
  }

  /** A stream may outlive the way to the server: the browser says that the network changed, and the server is asked. */
  private readonly look = (): void => void this.ask();

  private async ask(): Promise<void> {
    const there = await fetch(health.path, { cache: 'no-store' }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (there === (this.state === 'live')) return;
    this.following = false;
    if (!there) this.turn('lost');
    this.start();
  }

  /** What a page shows is not read anew while it takes that away and leaves: it would ask for what is gone. */
  async still<T>(work: () => Promise<T>): Promise<T> {
    this.held++;
    try {
      return await work();
    } finally {
      this.held--;
    }
  }

  private hear(event: Event): void {
    this.pending.add(event.subject);
    for (const hearer of this.hearers) hearer(event);
    this.timer ??= this.soon();
  }

  private soon(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      if (this.held > 0) {
        this.timer = this.soon();
        return;
      }
      const subjects = [...this.pending];
      this.pending = new Set();
      this.timer = undefined;
      this.refresh(({ meta, state }) => {
        const listens = meta?.['subjects'];
        if (!Array.isArray(listens) || !subjects.some((subject) => hears(listens as string[], subject)))
          return false;
        const limit = meta?.['livePages'];
        return typeof limit !== 'number' || loadedPages(state.data) <= limit;
      });
    }, SETTLE_MS);
  }

  /** Reads anew what is shown; a first question that is under way is asked once more when its answer is there. */
  private refresh(predicate: (query: Query) => boolean): void {
    for (const { queryHash, state } of this.queries.getQueryCache().findAll({ predicate }))
      if (state.fetchStatus === 'fetching' && state.data === undefined) this.overtaken.add(queryHash);
    void this.queries.invalidateQueries({ predicate });
  }

  private turn(state: Connection): void {
    if (state === this.state) return;
    this.state = state;
    this.since = Date.now();
    for (const watcher of this.watchers) watcher();
  }

  readonly current = (): Connection => this.state;

  /** When it became so, ms. */
  readonly currentSince = (): number => this.since;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Every event as it comes, for what moves with the moment (a pulse on Home). */
  readonly listen = (hearer: (event: Event) => void): (() => void) => {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
  };
}

function loadedPages(data: unknown): number {
  return typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages)
    ? data.pages.length
    : 0;
}
