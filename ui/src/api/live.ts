import type { QueryClient } from '@tanstack/react-query';
import type { Event } from '../../../src/platform/events/contract.ts';
import { streamEvents } from '../../../src/platform/events/contract.ts';
import { hears } from './subjects.ts';

export type Connection = 'connecting' | 'live' | 'lost';

/** Events arrive by the thousand while a run logs; what is shown is read anew at most this often. */
const SETTLE_MS = 1000;

/**
 * Follows the server's events and marks as stale every query that listens to what changed. While the stream is away
 * nothing is known to be fresh: when it is back, everything shown is read anew.
 */
export class Live {
  private state: Connection = 'connecting';
  private readonly watchers = new Set<() => void>();
  private readonly hearers = new Set<(event: Event) => void>();
  private readonly queries: QueryClient;
  private source: EventSource | undefined;
  private pending = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wasLost = false;

  constructor(queries: QueryClient) {
    this.queries = queries;
  }

  start(): void {
    this.source?.close();
    const source = new EventSource(streamEvents.path);
    this.source = source;
    source.addEventListener('open', () => {
      if (this.wasLost) void this.queries.invalidateQueries();
      this.wasLost = false;
      this.turn('live');
    });
    source.addEventListener('reset', () => void this.queries.invalidateQueries());
    source.addEventListener('message', (message: MessageEvent<string>) => {
      // Our own server's words, by the contract of its stream.
      this.hear(JSON.parse(message.data) as Event);
    });
    source.addEventListener('error', () => {
      this.wasLost = true;
      this.turn('lost');
      // The browser gives up when the answer was not a stream (a proxy's error page): begin again ourselves.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.start(), 3000);
    });
  }

  private hear(event: Event): void {
    this.pending.add(event.subject);
    for (const hearer of this.hearers) hearer(event);
    this.timer ??= setTimeout(() => {
      const subjects = [...this.pending];
      this.pending = new Set();
      this.timer = undefined;
      void this.queries.invalidateQueries({
        predicate: ({ meta, state }) => {
          const listens = meta?.['subjects'];
          if (!Array.isArray(listens) || !subjects.some((subject) => hears(listens as string[], subject)))
            return false;
          const limit = meta?.['livePages'];
          return typeof limit !== 'number' || loadedPages(state.data) <= limit;
        },
      });
    }, SETTLE_MS);
  }

  private turn(state: Connection): void {
    if (state === this.state) return;
    this.state = state;
    for (const watcher of this.watchers) watcher();
  }

  readonly current = (): Connection => this.state;

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
