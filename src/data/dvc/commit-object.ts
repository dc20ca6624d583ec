import { inPortions } from '../../platform/aside/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict, missing } from '../../platform/errors/index.ts';
import { commitHeld } from '../commit-version.ts';
import type { Committed, FileInput } from '../contract.ts';
import { holdUploaded } from '../receive-blobs.ts';
import { requireDataset, selectVersion, type DatasetRow } from '../store.ts';
import { readListing } from './listing.ts';
import type { Oid } from './oid.ts';
import { putObject, selectObject, selectObjects, tieObjects } from './store.ts';

/** What is said of the version that an object becomes. */
export interface About {
  dataset: string;
  branch: string;
  message: string;
  source?: string;
  meta?: Record<string, string>;
  /** Exactly these, in place of what the branch holds. */
  parents?: readonly string[];
  expected?: string | null;
}

/** Of the files that are not there so many are named. */
const NAMED = 3;

/**
 * A directory becomes a version: accepted only when every file that it lists is there, for DVC asks for none of them once it has seen
 * the listing. Undefined for one without files, which is kept and no version.
 */
export async function commitListing(
  ctx: Ctx,
  oid: Oid,
  chunks: readonly Uint8Array[],
  about: About,
): Promise<Committed | undefined> {
  const members = await readListing(chunks, oid);
  const dataset = await requireDataset(ctx, about.dataset);
  const oids = [...new Set(members.map(({ md5 }) => md5))];
  const stored = await selectObjects(ctx, dataset, oid.layout, oids);
  const sound = new Set<string>();
  for await (const portion of inPortions([...stored.values()], 500))
    for (const hash of (await ctx.blobs.has(portion.map((one) => one.hash))).keys()) sound.add(hash);
  const files: FileInput[] = [];
  const lacking: string[] = [];
  for (const { path, md5 } of members) {
    const object = stored.get(md5);
    if (object && sound.has(object.hash)) files.push({ path, ...object });
    else lacking.push(path);
  }
  if (lacking.length > 0)
    throw conflict(
      `the directory ${oid.text} is not whole: ${lacking.length.toLocaleString('en')} of its ${members.length.toLocaleString('en')} files were not pushed (${lacking.slice(0, NAMED).join(', ')}${lacking.length > NAMED ? ', …' : ''})`,
      {
        field: 'oid',
        hint: 'push again from a repository that has them in its cache',
        code: 'members-missing',
      },
    );
  const info = await ctx.blobs.put(Buffer.concat(chunks));
  await holdUploaded(ctx, [info]);
  if (files.length === 0) {
    await ctx.write((tx) => putObject(tx, dataset, oid, { ...info, loose: true }));
    return undefined;
  }
  const done = await commitHeld(ctx, { ...about, files });
  for await (const portion of inPortions(oids, 500))
    await ctx.write((tx) => tieObjects(tx, dataset, oid.layout, portion));
  await ctx.write((tx) => putObject(tx, dataset, oid, { ...info, loose: false, version: done.version.id }));
  return done;
}

/** A single file becomes a version that holds it under this path. */
export async function commitFile(
  ctx: Ctx,
  oid: Oid,
  file: { path: string; executable?: boolean },
  about: About,
): Promise<Committed> {
  const dataset = await requireDataset(ctx, about.dataset);
  const object = await selectObject(ctx, dataset, oid);
  if (!object) throw absent(about.dataset, oid);
  const { hash, size } = object;
  const done = await commitHeld(ctx, { ...about, files: [{ ...file, hash, size }] });
  await ctx.write((tx) =>
    putObject(tx, dataset, oid, { hash, size, loose: false, version: done.version.id }),
  );
  return done;
}

/** The version that a directory became, while it is there. */
export async function versionOf(ctx: Ctx, dataset: DatasetRow, oid: Oid): Promise<Committed | undefined> {
  const object = await selectObject(ctx, dataset, oid);
  const version = object?.version === undefined ? undefined : await selectVersion(ctx, object.version);
  return version && { version, unchanged: true };
}

export const absent = (dataset: string, { text }: Oid): Error =>
  missing(`dataset '${dataset}' has no DVC object ${text}`, {
    field: 'oid',
    hint: 'dvc push sends it, from a repository that has it in its cache',
  });
