import { systemActor, type Caller } from '../ctx/create.ts';
import type { Ctx, Tx } from '../ctx/index.ts';
import { limited, messageOf } from '../errors/index.ts';
import type { ServerSentEvent } from '../http/index.ts';
import type { Log } from '../log/index.ts';
import type { DeliveredEvent, DomainEvent, Subscriber } from './event.ts';
import { claimCursor, ensureCursor, insertEvent, insertParked, moveCursor, selectPending } from './store.ts';
import { liveStream, type StreamOptions } from './stream.ts';
import { Tail } from './tail.ts';

export interface Events {
  /** The part that a ctx carries. */
  readonly outbox: { emit(tx: Tx, event: DomainEvent): Promise<void> };
  readonly subscribers: readonly Subscriber[];
  /** Before `start`. */
  subscribe(subscriber: Subscriber): void;
  start(ctxFor: (caller: Caller) => Ctx): Promise<void>;
  /** What happens in `ctx.workspace` from now on (or after a number), until the signal aborts or the server stops. */
  stream(ctx: Ctx, options: StreamOptions): AsyncIterable<ServerSentEvent>;
  /** Resolves when every subscriber has heard everything that is committed. For tests and for a clean stop. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const BATCH = 50;
/** After so many ms the rest of a batch waits for the next transaction. */
const LONG = 10;
/** Most live streams of this process: each hears of every change. */
const STREAMS = 1_000;
/** Tries of one event before it is parked, and the waits between them, ms. */
const WAITS = [100, 1_000, 5_000];

/** The outbox and its readers. A subscriber's cursor moves in the transaction of its own work: each event takes effect once. */
export function createEvents(options: { log: Log; shared: boolean; waits?: readonly number[] }): Events {
  const subscribers: Subscriber[] = [];
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const tail = new Tail(options.log);
  const stopping = new AbortController();
  const waits = options.waits ?? WAITS;
  let house: Ctx | undefined;
  let poll: NodeJS.Timeout | undefined;

  const wake = (type: string): void => {
    tail.ring();
    for (const subscriber of subscribers) if (hears(subscriber, type)) run(subscriber);
  };

  function run(subscriber: Subscriber): void {
    if (!house || stopping.signal.aborted) return;
    if (running.has(subscriber.name)) {
      again.add(subscriber.name);
      return;
    }
    const ctx = house;
    const work = (async () => {
      do {
        again.delete(subscriber.name);
        await drain(ctx, subscriber);
      } while (again.has(subscriber.name) && !stopping.signal.aborted);
    })()
      .catch((error: unknown) =>
        options.log.error('a subscriber stopped until the next event', {
          subscriber: subscriber.name,
          error,
        }),
      )
      .finally(() => running.delete(subscriber.name));
    running.set(subscriber.name, work);
  }

  async function drain(ctx: Ctx, subscriber: Subscriber): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      if (subscriber.wanted && !(await subscriber.wanted(ctx))) return;
      // Looked up by a reader first, so that an event nobody wants costs no transaction.
      const size = failures > 0 ? 1 : BATCH;
      const pending = await selectPending(ctx, subscriber.name, subscriber.types, size);
      if (pending.length === 0) return;
      try {
        const handled = await ctx.write((tx) => deliver(tx, subscriber, size));
        if (handled === 0) return; // another process is at it
        failures = 0;
      } catch (error) {
        const first = pending[0]!;
        failures++;
        if (failures > waits.length) {
          options.log.error('an event was parked: its subscriber failed on it each time', {
            subscriber: subscriber.name,
            seq: first.seq,
            type: first.type,
            error,
          });
          await ctx.write(async (tx) => {
            if (!(await claimCursor(tx, subscriber.name))) return;
            // Another process may have been luckier with it meanwhile.
            if (await moveCursor(tx, subscriber.name, first.seq))
              await insertParked(tx, subscriber.name, first.seq, messageOf(error));
          });
          failures = 0;
        } else {
          options.log.warn('a subscriber failed and will try again', {
            subscriber: subscriber.name,
            seq: first.seq,
            type: first.type,
            error,
          });
          await sleep(waits[failures - 1]!, stopping.signal);
        }
      }
    }
  }

  return {
    outbox: {
      async emit(tx, event) {
        await insertEvent(tx, event);
        tx.afterCommit(() => wake(event.type));
      },
    },
    subscribers,
    subscribe(subscriber) {
      if (subscribers.some(({ name }) => name === subscriber.name))
        throw new Error(`two subscribers are called ${subscriber.name}`);
      subscribers.push(subscriber);
    },
    async start(ctxFor) {
      const ctx = ctxFor({ actor: systemActor, workspace: 'default' });
      if (subscribers.length > 0) {
        await ctx.write(async (tx) => {
          for (const { name } of subscribers) await ensureCursor(tx, name);
        });
      }
      house = ctx;
      const all = (): void => {
        tail.ring();
        for (const subscriber of subscribers) run(subscriber);
      };
      all(); // what a crash left undelivered
      if (options.shared) poll = setInterval(all, 1_000).unref();
    },
    stream(ctx, stream) {
      if (tail.listeners >= STREAMS) {
        throw limited(`${STREAMS} live streams are open already`, { hint: 'close some, or ask again later' });
      }
      return liveStream(ctx, { ...stream, signal: AbortSignal.any([stream.signal, stopping.signal]) }, tail);
    },
    async settled() {
      while (running.size > 0) await Promise.all(running.values());
    },
    async stop() {
      stopping.abort();
      tail.stop();
      clearInterval(poll);
      await Promise.all(running.values());
    },
  };
}

const hears = (subscriber: Subscriber, type: string): boolean =>
  subscriber.types.includes('*') || subscriber.types.includes(type);

async function deliver(tx: Tx, subscriber: Subscriber, size: number): Promise<number> {
  if (!(await claimCursor(tx, subscriber.name))) return 0;
  // Read again under the cursor: another process may have moved it since.
  const events: DeliveredEvent[] = await selectPending(tx, subscriber.name, subscriber.types, size);
  const began = performance.now();
  let handled = 0;
  let last: DeliveredEvent | undefined;
  for (const event of events) {
    await tx.as({ workspace: event.workspace }).write((inner) => subscriber.handle(inner, event));
    handled++;
    last = event;
    // Hundreds of webhooks may hear of each: everybody else's change waits for this one.
    if (performance.now() - began > LONG) break;
  }
  if (last) await moveCursor(tx, subscriber.name, last.seq);
  return handled;
}

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
