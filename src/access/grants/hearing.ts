import type { Ctx } from '../../platform/ctx/index.ts';
import type { Event } from '../../platform/events/contract.ts';
import type { Resolvers } from '../authorize.ts';
import { sees, seesAll } from './seen.ts';

/** Which of some events the caller hears. */
export type Hearing<E extends Event> = (events: readonly E[]) => Promise<readonly E[]>;

/**
 * What a guest hears: events on things that they may see, as `rooms` know what the subject of an event is of. Undefined for whoever may read
 * all of the workspace. What is gone is of nothing any more, and not heard of.
 */
export function hearing<E extends Event>(ctx: Ctx, rooms: Resolvers): Hearing<E> | undefined {
  if (seesAll(ctx)) return undefined;
  return async (events) => {
    const heard = new Map<string, boolean>();
    for (const { subject } of events)
      if (!heard.has(subject)) heard.set(subject, await hears(ctx, rooms, subject));
    return events.filter(({ subject }) => heard.get(subject));
  };
}

async function hears(ctx: Ctx, rooms: Resolvers, subject: string): Promise<boolean> {
  const colon = subject.indexOf(':');
  const noun = subject.slice(0, Math.max(0, colon));
  const found = Object.hasOwn(rooms, noun) ? await rooms[noun]?.(ctx, subject.slice(colon + 1)) : undefined;
  if (found === undefined) return false;
  return ('kind' in found ? [found] : found).some((one) => 'name' in one && sees(ctx, one));
}
