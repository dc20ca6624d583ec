import type { Ctx } from '../../platform/ctx/index.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import type { Tables } from '../../tables/index.ts';
import { missingBlobs, type NamedBlob } from '../data/table-source.ts';
import { insertPixels, selectPixels } from '../store.ts';
import { MOST_BYTES, PIXELS, type PixelsFound } from './protocol.ts';

/** Images of one question to a reader, and their bytes. */
const BATCH = { files: 256, bytes: 2 * MOST_BYTES };
/** Milliseconds: a question's own, and those of each image. */
const TIME = { question: 60_000, image: 2_000 };

interface How {
  say: (stage: string) => void;
  signal: AbortSignal | undefined;
}

/** The pixels of images by their blobs: decoded in a table reader, and once for each content. */
export async function pixelsOf(
  ctx: Ctx,
  tables: Tables,
  images: readonly NamedBlob[],
  how: How,
): Promise<Map<string, PixelsFound>> {
  const wanted = [...new Map(images.map((image) => [image.hash, image])).values()];
  const found = await selectPixels(
    ctx,
    wanted.map(({ hash }) => hash),
  );
  const gone = new Set(await missingBlobs(ctx, wanted));
  const left: NamedBlob[] = [];
  for (const image of wanted) {
    if (found.has(image.hash)) continue;
    if (image.size > MOST_BYTES)
      found.set(image.hash, { problem: `it is larger than ${MOST_BYTES / 1024 / 1024} MiB` });
    else if (gone.has(image)) found.set(image.hash, { problem: 'its bytes are gone' });
    else left.push(image);
  }
  const todo = left.length;
  let done = 0;
  for (const batch of batches(left)) {
    how.say(`decoding images: ${done} of ${todo}`);
    await decode(ctx, tables, batch, how, found);
    done += batch.length;
  }
  return found;
}

function* batches(images: readonly NamedBlob[]): Generator<NamedBlob[]> {
  let batch: NamedBlob[] = [];
  let bytes = 0;
  for (const image of images) {
    if (batch.length > 0 && (batch.length >= BATCH.files || bytes + image.size > BATCH.bytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(image);
    bytes += image.size;
  }
  if (batch.length > 0) yield batch;
}

/** An image that ends its reader, or takes too long, must not cost the others their answer: halves find it. */
async function decode(
  ctx: Ctx,
  tables: Tables,
  images: readonly NamedBlob[],
  how: How,
  found: Map<string, PixelsFound>,
): Promise<void> {
  const said = await ask(ctx, tables, images, how.signal);
  if (typeof said !== 'string') {
    for (const [i, { hash }] of images.entries()) found.set(hash, said[i]!);
    return ctx.write((tx) =>
      insertPixels(
        tx,
        images.map(({ hash }, i) => ({ hash, found: said[i]! })),
      ),
    );
  }
  // Not kept: another try may have more time or memory.
  if (images.length === 1) found.set(images[0]!.hash, { problem: `it cannot be decoded here: ${said}` });
  else
    for (const half of [images.slice(0, images.length >> 1), images.slice(images.length >> 1)])
      await decode(ctx, tables, half, how, found);
}

/** The answer, or why there is none. */
async function ask(
  ctx: Ctx,
  tables: Tables,
  images: readonly NamedBlob[],
  signal: AbortSignal | undefined,
): Promise<readonly PixelsFound[] | string> {
  const beside = images.map(({ hash }) => ({ file: hash.slice(0, 32), hash }));
  try {
    const outcome = await tables.ask(ctx, PIXELS, {
      lane: 'work',
      files: [],
      beside,
      request: { files: beside.map(({ file }) => file) },
      timeout: TIME.question + images.length * TIME.image,
      signal,
    });
    return 'fault' in outcome ? outcome.fault.message : outcome.answer;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TreadleError && error.kind === 'unavailable') return error.message;
    throw error;
  }
}
