import type { BlobUser, Collected, CollectOptions } from '../platform/blobs/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import type { Swept } from '../platform/files/index.ts';
import type { ServerSentEvent } from '../platform/http/index.ts';

/** How often progress is told, ms. */
const EVERY = 250;

/** Nouns that had been deleted and could be brought back until now. */
export interface Purged {
  runs: number;
  experiments: number;
  logged_models: number;
  /** Kept although deleted: a registered model comes from it, or has its files there. */
  kept: number;
}

/** What the rooms do for gc. */
export interface Rooms {
  users: readonly BlobUser[];
  /** What was deleted before a moment goes for good, or is only counted. */
  purge(ctx: Ctx, before: number, dryRun: boolean): Promise<Purged>;
  /** Folders of models and environments that no endpoint needs, and nobody has used since a moment. */
  sweep(ctx: Ctx, before: number, dryRun: boolean): Promise<SweptRooms>;
}

/** Folders that are made again when they are wanted. */
export interface SweptRooms {
  models: Swept;
  environments: Swept;
}

export type Wanted = Pick<CollectOptions, 'dryRun' | 'compact' | 'signal'> & { grace: number };

export type CollectResult = Collected & { purged: Purged; swept: SweptRooms };

/**
 * gc as events, until its end or until nobody listens: what was done by then is done. An error is the last event, `failed`. A dry run
 * counts what it would purge, but takes the blobs of that as still needed.
 */
export async function* collectEvents(
  ctx: Ctx,
  { users, purge, sweep }: Rooms,
  { grace, dryRun = false, compact = false, signal }: Wanted,
): AsyncGenerator<ServerSentEvent> {
  try {
    const before = ctx.clock.now() - grace;
    const purged = await purge(ctx, before, dryRun);
    const swept = await sweep(ctx, before, dryRun);
    yield { event: 'progress', data: { stage: 'purging', blobs: 0, bytes: 0 } };
    const steps = ctx.blobs.collect({
      users,
      grace,
      dryRun,
      compact,
      ...(signal === undefined ? {} : { signal }),
    });
    let told = 0;
    try {
      for (;;) {
        const step = await steps.next();
        if (step.done === true) {
          yield { event: 'done', data: { ...step.value, purged, swept } };
          return;
        }
        if (performance.now() - told < EVERY) continue;
        told = performance.now();
        yield { event: 'progress', data: step.value };
      }
    } finally {
      // Who stops listening stops it, and its place is free again.
      await steps.return(undefined as never);
    }
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    const { kind, message, hint, code } = error;
    yield { event: 'failed', data: { kind, message, hint, code } };
  }
}
