import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../platform/errors/index.ts';
import type { Host } from './host.ts';
import { ModelFault, type HostCrash } from './model.ts';

/** Keeps hosts of one model alive: hands out work, ends what takes too long, starts again what ended. */
export interface Supervisor {
  readonly ready: boolean;
  /** Gives work to the host with the least of it. Rejects with a retriable ModelFault while none is up. */
  ask<T>(work: (host: Host) => Promise<T>): Promise<T>;
  onCrash(listen: (crash: HostCrash) => void): () => void;
  close(): Promise<void>;
}

const MINUTE = 60_000;
const SOONEST = 100;
const LATEST = 30_000;

interface Slot {
  host: Host | undefined;
  asked: number;
}

/**
 * `first` is up already. `start` makes another one; when that fails it is tried again, later each time, for as long as the
 * model is loaded: whoever watches the crashes decides whether it stays.
 */
export function supervise(
  first: Host,
  {
    slots: count,
    deadline,
    start,
    warn,
  }: {
    slots: number;
    /** ms that one piece of work may take. */
    deadline: number;
    start: () => Promise<Host>;
    warn: (message: string, fields: Record<string, unknown>) => void;
  },
): Supervisor {
  const listeners = new Set<(crash: HostCrash) => void>();
  const crashes: number[] = [];
  const closing = new AbortController();
  const slots: Slot[] = Array.from({ length: Math.max(1, count) }, () => ({ host: undefined, asked: 0 }));
  const keepers = slots.map((slot, index) => keep(slot, index === 0 ? first : undefined));

  async function keep(slot: Slot, host: Host | undefined): Promise<void> {
    while (!closing.signal.aborted) {
      let reason: string;
      try {
        host ??= await start();
        slot.host = host;
        if (closing.signal.aborted) break;
        reason = await Promise.race([host.lost, aborted(closing.signal)]);
        if (closing.signal.aborted) break;
      } catch (error) {
        if (closing.signal.aborted) break;
        reason = messageOf(error);
      }
      host = undefined;
      slot.host = undefined;
      slot.asked = 0;
      const wait = crashed(reason);
      await sleep(wait, undefined, { ref: false, signal: closing.signal }).catch(() => undefined);
    }
    slot.host = undefined;
    await host?.close();
  }

  /** Tells everybody, and says how long to wait. */
  function crashed(reason: string): number {
    const now = Date.now();
    crashes.push(now);
    while (crashes.length > 0 && crashes[0]! <= now - MINUTE) crashes.shift();
    const recent = crashes.length;
    const back_in = Math.min(LATEST, SOONEST * 2 ** Math.min(recent - 1, 20));
    warn('a model host ended and is started again', { reason, recent, back_in });
    for (const listen of listeners) listen({ reason, recent, back_in });
    return back_in;
  }

  return {
    get ready() {
      return slots.some(({ host }) => host !== undefined);
    },
    async ask(work) {
      let best: Slot | undefined;
      for (const slot of slots) if (slot.host && (!best || slot.asked < best.asked)) best = slot;
      const host = best?.host;
      if (!best || !host) throw new ModelFault('the model is being started again', { retriable: true });
      best.asked++;
      // What waits behind other work on the same host has its own time, counted from when the others began.
      const limit = deadline * best.asked;
      const late = setTimeout(
        () => host.kill(`one batch took longer than its limit of ${deadline / 1000} s`),
        limit,
      );
      try {
        return await work(host);
      } finally {
        clearTimeout(late);
        if (best.host === host) best.asked--;
      }
    },
    onCrash(listen) {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
    async close() {
      closing.abort();
      await Promise.all(keepers);
      listeners.clear();
    },
  };
}

const aborted = (signal: AbortSignal): Promise<string> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve('closed');
    else signal.addEventListener('abort', () => resolve('closed'), { once: true });
  });
