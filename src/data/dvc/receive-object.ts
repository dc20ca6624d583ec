import { requireRoom } from '../../access/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { tooLarge } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import { requireDatasetName } from '../parse-ref.ts';
import { findDataset, insertDataset, insertHeld, lockDatasets, type DatasetRow } from '../store.ts';
import { checked } from './digest.ts';
import type { Oid } from './oid.ts';
import { putObject } from './store.ts';

/** A listing of half a million files has some 60 MB. */
const LISTING_BYTES = 128 * 1024 * 1024;

/** Takes the bytes of a file, whose MD5 must be its name. Sent twice, it is kept once. */
export async function receiveObject(
  ctx: Ctx,
  name: string,
  oid: Oid,
  body: AsyncIterable<Uint8Array>,
): Promise<{ hash: string; size: number }> {
  await requireRoom(ctx, 'bytes', 1);
  const dataset = await openDataset(ctx, name);
  const info = await ctx.blobs.put(checked(body, oid));
  // One transaction: a push is thousands of these, each with its wait for the disk.
  await ctx.write(async (tx) => {
    await insertHeld(tx, [info]);
    await putObject(tx, dataset, oid, { ...info, loose: true });
  });
  return info;
}

/** The bytes of a listing, whose MD5 must be its name. Nothing is kept of it yet. */
export async function takeListing(oid: Oid, body: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of checked(body, oid)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LISTING_BYTES)
      throw tooLarge(`the directory ${oid.text} lists more than ${LISTING_BYTES >> 20} MiB of names`, {
        field: 'oid',
        hint: 'put the files into several directories, or pack small ones into tables or archives',
      });
  }
  return chunks;
}

/** The dataset of that name, made where there is none: its files come before its first version does. */
export async function openDataset(ctx: Ctx, name: string): Promise<DatasetRow> {
  requireDatasetName(name);
  const known = await findDataset(ctx, name);
  if (known) return known;
  return ctx.write(async (tx) => {
    await lockDatasets(tx);
    const meanwhile = await findDataset(tx, name);
    if (meanwhile) return meanwhile;
    const now = tx.clock.now();
    const row = { id: newId(now), workspace: tx.workspace, name, created_at: now, created_by: tx.actor.name };
    await insertDataset(tx, row);
    await tx.record({ action: 'dataset.made', resource: `dataset:${row.id}`, after: { dataset: name } });
    return row;
  });
}
