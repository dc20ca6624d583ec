import type { Ctx } from '../ctx/index.ts';
import type { ServerSentEvent } from '../http/index.ts';
import type { DeliveredEvent } from './event.ts';
import { selectAfter, selectBounds } from './store.ts';
import type { Tail } from './tail.ts';

export interface StreamOptions {
  /** The last number the reader has; undefined = from now on. */
  after: number | undefined;
  /** Only these types; all when empty or absent. */
  types?: readonly string[];
  /** Those of some events that the reader hears; all of them where it is absent. */
  heard?: ((events: readonly DeliveredEvent[]) => Promise<readonly DeliveredEvent[]>) | undefined;
  signal: AbortSignal;
}

const PAGE = 200;
/** A reader further behind than this starts afresh. */
const LAG = 5_000;
const PING = 25_000;

/**
 * A live stream is a cursor over the outbox, pulled as fast as its reader takes it: near the end it reads the tail that all streams
 * share, further back the table, so that a slow reader costs one page of memory. One that falls too far behind, or whose place was
 * pruned, gets `reset` (read everything anew) and goes on from the head.
 */
export async function* liveStream(
  ctx: Ctx,
  { after, types = [], heard, signal }: StreamOptions,
  tail: Tail,
): AsyncGenerator<ServerSentEvent> {
  const bell = new Bell();
  const deaf = tail.listen(ctx, () => bell.ring());
  const stop = (): void => bell.ring();
  signal.addEventListener('abort', stop, { once: true });
  try {
    let cursor = after ?? (await selectBounds(ctx)).last;
    // A first event at once: the reader has its place before anything happens, so a drop loses nothing.
    if (after === undefined) yield { event: 'ready', id: String(cursor), data: { seq: cursor } };
    // A number that the reader brings may be any: the table says whether it can go on from there.
    let known = after === undefined ? tail.after(cursor) : undefined;
    while (!signal.aborted) {
      bell.reset();
      let page: DeliveredEvent[];
      let upTo = cursor;
      if (known) {
        page = known.events.filter(({ workspace }) => workspace === ctx.workspace);
        upTo = known.last;
      } else {
        const { first, last } = await selectBounds(ctx);
        if (cursor > last || cursor + 1 < first || last - cursor > LAG) {
          cursor = last;
          yield { event: 'reset', id: String(cursor), data: { seq: cursor } };
        }
        page = await selectAfter(ctx, cursor, PAGE);
        if (page.length < PAGE) upTo = Math.max(cursor, last);
      }
      const wanted = types.length === 0 ? page : page.filter(({ type }) => types.includes(type));
      const told = new Set(heard ? await heard(wanted) : wanted);
      for (const event of page) {
        cursor = event.seq;
        if (told.has(event)) yield { id: String(event.seq), data: event };
        if (signal.aborted) return;
      }
      // Events of other workspaces are passed over for good.
      cursor = Math.max(cursor, upTo);
      const more = !known && page.length === PAGE;
      known = tail.after(cursor);
      if (more || (known && known.events.length > 0)) continue;
      // Also where the tail knows nothing yet: it rings once it does.
      const rung = await bell.heard(PING);
      if (signal.aborted) return;
      if (!rung) yield { event: 'ping', id: String(cursor), data: {} };
      known = tail.after(cursor);
    }
  } finally {
    deaf();
    signal.removeEventListener('abort', stop);
  }
}

/** Rings at most once between two looks. */
class Bell {
  #rung = false;
  #waiting: ((rung: boolean) => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#waiting?.(true);
  }

  reset(): void {
    this.#rung = false;
  }

  heard(ms: number): Promise<boolean> {
    if (this.#rung) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (rung: boolean): void => {
        clearTimeout(timer);
        this.#waiting = undefined;
        resolve(rung);
      };
      const timer = setTimeout(done, ms, false).unref();
      this.#waiting = done;
    });
  }
}
