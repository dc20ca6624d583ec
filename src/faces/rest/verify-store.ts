import { countBlobs } from '../../platform/blobs/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { ServerSentEvent } from '../../platform/http/index.ts';
import { artifactsOf } from '../../tracking/index.ts';

/** How often progress is told, ms. */
const EVERY = 250;
/** Names of what uses a damaged blob, at most. */
const NAMED = 10;

/** The check of all bytes as events, until its end or until nobody listens. */
export async function* verifyEvents(ctx: Ctx, signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
  const { blobs: of_blobs, stored: of_bytes } = await countBlobs(ctx);
  let [blobs, bytes, damaged, told] = [0, 0, 0, 0];
  for await (const part of ctx.blobs.check(signal)) {
    blobs += part.blobs;
    bytes += part.bytes;
    damaged += part.damaged.length;
    for (const one of part.damaged)
      yield { event: 'damaged', data: { ...one, used_by: await artifactsOf(ctx, one.hash, NAMED) } };
    if (performance.now() - told < EVERY) continue;
    told = performance.now();
    yield { event: 'progress', data: { blobs, bytes, of_blobs, of_bytes } };
  }
  yield { event: 'done', data: { blobs, bytes, damaged } };
}
