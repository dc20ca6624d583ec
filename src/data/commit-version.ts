import { inPortions } from '../platform/aside/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, invalid, TreadleError } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { checkFiles, type Allowed } from './check-files.ts';
import type { CommitAbout, OldDirectory } from './commit-list.ts';
import type { Committed, DatasetVersion, FileInput } from './contract.ts';
import { PROFILE } from './jobs.ts';
import { openList, readList, type OpenList } from './open-list.ts';
import { quoted } from './paths.ts';
import { readObject } from './read-tree.ts';
import { MAIN, requireDatasetName, requireRefName } from './parse-ref.ts';
import {
  findDataset,
  findRef,
  insertDataset,
  insertHeld,
  insertVersion,
  lockDatasets,
  nextNumber,
  selectHeld,
  selectVersion,
  selectVersionsById,
  setRef,
  type DatasetRow,
} from './store.ts';

export interface CommitInput {
  dataset: string;
  /** The whole tree. The blobs are stored already. */
  files: readonly FileInput[];
  message?: string;
  source?: string;
  meta?: Record<string, string>;
  branch?: string;
  /** Id of the version the branch must still be at; null: there must be no such branch. */
  expected?: string | null;
  allow?: readonly Allowed[];
  /** Further versions that this one was made from; the branch's head is always a parent. */
  madeFrom?: readonly string[];
  /** Ids of exactly the versions it was made from, of this dataset: the branch moves to it from wherever it is. */
  parents?: readonly string[];
}

/** A commit by a client, from the body of its request: it may name only blobs that its workspace has uploaded. */
export async function commitUpload(
  ctx: Ctx,
  dataset: string,
  body: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): Promise<Committed> {
  const { list, head } = await readList(body, signal);
  try {
    await requireHeld(ctx, list, signal);
    return await commit(ctx, { ...head, dataset }, list, { signal });
  } finally {
    await list.close();
  }
}

/** A commit by a room of ours, of blobs it has put itself. */
export async function commitVersion(ctx: Ctx, input: CommitInput): Promise<Committed> {
  return commit(ctx, input, openList(input.files), { own: true });
}

/** A longer list is read in a thread, as one that a client sends. */
const LONG = 3000;

/** A commit of blobs that the workspace holds: what is empty or broken is as it was elsewhere, and is kept so. */
export async function commitHeld(ctx: Ctx, { files, ...input }: CommitInput): Promise<Committed> {
  const list = files.length > LONG ? (await readList(bodyOf(files))).list : openList(files);
  try {
    return await commit(ctx, { ...input, allow: ['empty', 'broken'] }, list, {});
  } finally {
    await list.close();
  }
}

async function* bodyOf(files: readonly FileInput[]): AsyncGenerator<Buffer> {
  let before = '{"files":';
  let mark = '[';
  for await (const portion of inPortions(files, 1000)) {
    yield Buffer.from(`${before}${mark}${portion.map((file) => JSON.stringify(file)).join(',')}`);
    before = '';
    mark = ',';
  }
  yield Buffer.from(']}');
}

/** All or nothing: version, branch, ledger, event and job are one transaction, the last thing that happens. */
async function commit(
  ctx: Ctx,
  input: Omit<CommitInput, 'files'>,
  list: OpenList,
  { signal, own = false }: { signal?: AbortSignal | undefined; own?: boolean },
): Promise<Committed> {
  const { dataset: name, branch = MAIN, allow = [] } = input;
  requireDatasetName(name);
  requireRefName(branch, 'branch');
  await requireSizes(ctx, list, signal);
  const known = await findDataset(ctx, name);
  const head = known && (await headOf(ctx, known, branch));
  let warnings: string[] = [];
  if (head?.hash !== list.about.hash) {
    if (head) await compareWith(ctx, list, head.hash);
    warnings = await checkFiles(
      ctx,
      portionsOf((from) => list.toCheck(from), signal),
      allow,
    );
  } else await findFaults(ctx, list, signal);
  await putTree(ctx, list, signal);
  if (own) await holdBlobs(ctx, list);
  const done = await ctx.write((tx) => record(tx, input, branch, list.about));
  return warnings.length > 0 ? { ...done, warnings } : done;
}

/** What a list answers to `ask`, portion by portion; whoever asked may have left meanwhile. */
async function* portionsOf<T>(
  ask: (from: number) => Promise<T[]>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T[]> {
  for (let from = 0; ;) {
    signal?.throwIfAborted();
    const portion = await ask(from);
    if (portion.length === 0) return;
    yield portion;
    from += portion.length;
  }
}

const blobsOf = (list: OpenList, signal?: AbortSignal) => portionsOf((from) => list.blobs(from), signal);

async function requireHeld(ctx: Ctx, list: OpenList, signal: AbortSignal | undefined): Promise<void> {
  let first: string | undefined;
  let lost = 0;
  for await (const blobs of blobsOf(list, signal)) {
    const held = await selectHeld(
      ctx,
      blobs.map(({ hash }) => hash),
    );
    for (const { hash, path, files } of blobs) {
      if (held.has(hash)) continue;
      first ??= path;
      lost += files;
    }
  }
  if (first === undefined) return;
  const others = lost > 1 ? ` (and of ${lost - 1} more)` : '';
  throw invalid(`the content of ${quoted(first)} was not uploaded${others}`, {
    field: 'files',
    hint: 'ask /api/v1/data/missing, upload what it names, then commit again',
    code: 'blobs-missing',
  });
}

/** Ahead of the commit: what a workspace holds is no fact of its own, and may be more than any version names. */
async function holdBlobs(ctx: Ctx, list: OpenList): Promise<void> {
  for await (const blobs of blobsOf(list)) {
    const hashes = [...new Set(blobs.map(({ hash }) => hash))];
    const held = await selectHeld(ctx, hashes);
    const sizes = new Map(blobs.map(({ hash, size }) => [hash, size]));
    const fresh = hashes.flatMap((hash) => (held.has(hash) ? [] : [{ hash, size: sizes.get(hash)! }]));
    if (fresh.length > 0) await ctx.write((tx) => insertHeld(tx, fresh));
  }
}

async function requireSizes(ctx: Ctx, list: OpenList, signal: AbortSignal | undefined): Promise<void> {
  for await (const blobs of blobsOf(list, signal)) {
    const sizes = await ctx.blobs.has(blobs.map(({ hash }) => hash));
    for (const { path, hash, size } of blobs) {
      const stored = sizes.get(hash);
      if (stored === size) continue;
      throw invalid(
        stored === undefined
          ? `the content of ${quoted(path)} is not stored`
          : `${quoted(path)} has ${stored} bytes, not ${size}`,
        { field: 'files', hint: 'upload the file, then commit again' },
      );
    }
  }
}

/** Directories that are read at once. */
const AT_ONCE = 64;

/** Tells the list what the branch holds already, so that only new files are looked into. */
async function compareWith(ctx: Ctx, list: OpenList, root: string): Promise<void> {
  const open: OldDirectory[] = [{ prefix: '', hash: root }];
  while (open.length > 0) {
    const read: Array<OldDirectory & { bytes: Uint8Array }> = [];
    for (const one of open.splice(-AT_ONCE)) {
      // What cannot be read is compared with nothing: its files are looked into again.
      const bytes = await readObject(ctx, one.hash).catch(ofLost);
      if (bytes) read.push({ ...one, bytes });
    }
    for (const more of await list.compare(read)) open.push(more);
  }
}

/** What is gone or damaged on disk is known to be so once it was read. */
async function findFaults(ctx: Ctx, list: OpenList, signal: AbortSignal | undefined): Promise<void> {
  for await (const hashes of portionsOf((from) => list.objects(from), signal))
    for (const hash of hashes) await readObject(ctx, hash).catch(ofLost);
}

function ofLost(error: unknown): undefined {
  if (error instanceof TreadleError && (error.kind === 'missing' || error.code === 'blob-damaged')) return;
  throw error;
}

/**
 * Directory objects that an older version has are there already: only changed ones are written, and those that are gone or known to be
 * damaged. Nobody can send these but by a commit of the same files: clients know files alone.
 */
async function putTree(ctx: Ctx, list: OpenList, signal: AbortSignal | undefined): Promise<void> {
  for (let from = 0; ;) {
    signal?.throwIfAborted();
    const hashes = await list.objects(from);
    if (hashes.length === 0) return;
    const stored = await ctx.blobs.has(hashes);
    const fresh = hashes.filter((hash) => !stored.has(hash));
    while (fresh.length > 0) {
      const objects = await list.bytesOf(from, fresh);
      await ctx.blobs.putMany(objects.map((bytes) => ({ bytes })));
      fresh.splice(0, objects.length);
    }
    from += hashes.length;
  }
}

async function record(
  tx: Tx,
  input: Omit<CommitInput, 'files'>,
  branch: string,
  tree: CommitAbout,
): Promise<Committed> {
  const now = tx.clock.now();
  await lockDatasets(tx);
  let dataset = await findDataset(tx, input.dataset);
  const ref = dataset && (await findRef(tx, dataset, branch));
  if (ref?.kind === 'tag')
    throw conflict(`'${branch}' is a tag of dataset '${input.dataset}'`, {
      field: 'branch',
      hint: 'commit to a branch',
    });
  if (input.expected !== undefined && (input.expected ?? undefined) !== ref?.version) {
    throw conflict(`branch '${branch}' of dataset '${input.dataset}' moved meanwhile`, {
      field: 'expected',
      hint: `look at what is new with treadle data log ${input.dataset}, then commit again`,
      code: 'branch-moved',
    });
  }
  const head = ref && (await selectVersion(tx, ref.version));
  if (head?.hash === tree.hash) return { version: head, unchanged: true };
  if (!dataset) {
    dataset = {
      id: newId(now),
      workspace: tx.workspace,
      name: input.dataset,
      created_at: now,
      created_by: tx.actor.name,
    };
    await insertDataset(tx, dataset);
  }
  const parents = await parentsOf(tx, dataset, head, input);
  const number = await nextNumber(tx, dataset);
  const version: DatasetVersion = {
    id: newId(now),
    dataset: input.dataset,
    number,
    name: `v${number}`,
    hash: tree.hash,
    parents,
    message: input.message ?? '',
    meta: input.meta ?? {},
    author: tx.actor.name,
    created_at: now,
    files: tree.files,
    bytes: tree.bytes,
    profile: tree.tables ? 'pending' : 'none',
    ...(input.source === undefined ? {} : { source: input.source }),
  };
  await insertVersion(tx, dataset, version);
  await setRef(tx, dataset, {
    id: newId(now),
    name: branch,
    kind: 'branch',
    from: head?.id,
    to: version.id,
    reason: version.message || undefined,
  });
  const resource = `dataset_version:${version.id}`;
  const { id: _id, parents: _parents, profile: _profile, ...said } = version;
  await tx.record({
    action: 'dataset_version.committed',
    resource,
    ...(head ? { before: { branch, version: head.name, hash: head.hash } } : {}),
    after: { ...said, branch },
    edges: parents.map((id) => ({ from: resource, to: `dataset_version:${id}`, relation: 'derived-from' })),
  });
  await tx.emit({
    type: 'dataset_version.committed',
    subject: resource,
    data: { dataset: input.dataset, version: version.id, name: version.name, branch },
  });
  if (tree.tables) await tx.enqueue(PROFILE, { version: version.id }, { uniqueKey: version.id });
  return { version, unchanged: false };
}

async function parentsOf(
  tx: Tx,
  dataset: DatasetRow,
  head: DatasetVersion | undefined,
  { parents, madeFrom = [] }: Pick<CommitInput, 'parents' | 'madeFrom'>,
): Promise<string[]> {
  if (parents === undefined) {
    // A new branch grows out of main.
    const parent = head ?? (await headOf(tx, dataset, MAIN));
    return [...new Set([...(parent ? [parent.id] : []), ...madeFrom])];
  }
  const found = parents.length === 0 ? [] : await selectVersionsById(tx, parents, { deleted: true });
  const known = new Set(found.filter((one) => one.dataset === dataset.name).map(({ id }) => id));
  const strange = parents.find((id) => !known.has(id));
  if (strange !== undefined)
    throw invalid(`dataset '${dataset.name}' has no version with the id '${strange}'`, {
      field: 'parents',
      hint: `treadle data log ${dataset.name} --json lists its versions with their ids`,
    });
  return [...new Set(parents)];
}

async function headOf(ctx: Ctx, dataset: DatasetRow, branch: string): Promise<DatasetVersion | undefined> {
  const ref = await findRef(ctx, dataset, branch);
  return ref && selectVersion(ctx, ref.version);
}
