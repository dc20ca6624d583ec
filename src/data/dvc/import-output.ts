import type { Static } from 'typebox';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { commitDvcOutput, DatasetVersion, DvcLayout } from '../contract.ts';
import { MAIN } from '../parse-ref.ts';
import { findDataset } from '../store.ts';
import { commitFile, commitListing } from './commit-object.ts';
import { readOid } from './oid.ts';
import { openDataset, takeListing } from './receive-object.ts';
import { selectObjects } from './store.ts';

/** Which of these a dataset lacks; what is damaged counts as missing, and is mended by sending it. */
export async function findMissingObjects(
  ctx: Ctx,
  name: string,
  { layout, oids }: { layout: DvcLayout; oids: readonly string[] },
): Promise<string[]> {
  const dataset = await findDataset(ctx, name);
  if (!dataset) return [...new Set(oids)];
  const stored = await selectObjects(ctx, dataset, layout, oids);
  const sound = await ctx.blobs.has([...stored.values()].map(({ hash }) => hash));
  return [...new Set(oids)].filter((oid) => !sound.has(stored.get(oid)?.hash ?? ''));
}

type Output = Static<typeof commitDvcOutput.body>;

/** A state of an output of a DVC repository, as a version made from exactly the versions that are named. */
export async function commitOutput(
  ctx: Ctx,
  dataset: string,
  { layout, oid: text, listing, path, executable, ...rest }: Output,
): Promise<{ version?: DatasetVersion; unchanged: boolean }> {
  const oid = readOid(layout, text);
  const { branch = MAIN, message = '', source, meta, expected, parents } = rest;
  const about = {
    dataset,
    branch,
    message,
    parents,
    ...(source === undefined ? {} : { source }),
    ...(meta === undefined ? {} : { meta }),
    ...(expected === undefined ? {} : { expected }),
  };
  const lacks = (field: string, what: string): Error =>
    invalid(`${text} is a ${oid.listing ? 'directory' : 'file'}, and ${what}`, {
      field,
      hint: `say its ${field}`,
    });
  if (!oid.listing) {
    if (path === undefined) throw lacks('path', 'the path that it has in the version is not said');
    return commitFile(ctx, oid, { path, ...(executable === true ? { executable } : {}) }, about);
  }
  if (listing === undefined) throw lacks('listing', 'what it lists is not said');
  const chunks = await takeListing(oid, one(Buffer.from(listing)));
  await openDataset(ctx, dataset);
  const { version, unchanged } = (await commitListing(ctx, oid, chunks, about)) ?? { unchanged: true };
  return { ...(version ? { version } : {}), unchanged };
}

async function* one(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
