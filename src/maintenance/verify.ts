import { countBlobs, namesOf, type BlobUser, type Damage } from '../platform/blobs/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { ServerSentEvent } from '../platform/http/index.ts';
import { walkingOf } from './walking.ts';

/** How often progress is told, ms. */
const EVERY = 250;
/** Names of what uses a damaged blob, at most. */
const NAMED = 10;

/** The check of all bytes as events, until its end or until nobody listens. */
export async function* verifyEvents(
  ctx: Ctx,
  users: readonly BlobUser[],
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  const { blobs: of_blobs, stored: of_bytes } = await countBlobs(ctx);
  let [blobs, bytes, told] = [0, 0, 0];
  const damaged: Damage[] = [];
  for await (const part of ctx.blobs.check(signal)) {
    blobs += part.blobs;
    bytes += part.bytes;
    damaged.push(...part.damaged);
    if (performance.now() - told < EVERY) continue;
    told = performance.now();
    yield { event: 'progress', data: { blobs, bytes, of_blobs, of_bytes } };
  }
  if (damaged.length > 0) {
    // One walk for all of them: it costs the same for one and for thousands.
    const names = await namesOf(walkingOf(ctx), users, new Set(damaged.map(({ hash }) => hash)), NAMED);
    for (const one of damaged)
      yield { event: 'damaged', data: { ...one, used_by: names.get(one.hash) ?? [] } };
  }
  yield { event: 'done', data: { blobs, bytes, damaged: damaged.length } };
}
