import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, invalid } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { checkFiles, type Allowed } from './check-files.ts';
import type { Committed, DatasetVersion, FileInput } from './contract.ts';
import { PROFILE } from './jobs.ts';
import { canonicalPath, quoted } from './paths.ts';
import { walk } from './read-tree.ts';
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
  setRef,
  type DatasetRow,
} from './store.ts';
import { tableFormat } from './table-format.ts';
import { buildTree, type BuiltTree, type TreeFile } from './tree.ts';

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
}

/** A commit by a client: it may name only blobs that its workspace has uploaded. */
export async function commitUpload(ctx: Ctx, input: CommitInput): Promise<Committed> {
  const held = await selectHeld(ctx, [...new Set(input.files.map(({ hash }) => hash))]);
  const lost = input.files.filter(({ hash }) => !held.has(hash));
  if (lost.length > 0) {
    const others = lost.length > 1 ? ` (and of ${lost.length - 1} more)` : '';
    throw invalid(`the content of ${quoted(lost[0]!.path)} was not uploaded${others}`, {
      field: 'files',
      hint: 'ask /api/v1/data/missing, upload what it names, then commit again',
      code: 'blobs-missing',
    });
  }
  return commitVersion(ctx, input);
}

/** A commit by a room of ours, of blobs it has put itself. All or nothing: version, branch, ledger, event and job are one transaction. */
export async function commitVersion(ctx: Ctx, input: CommitInput): Promise<Committed> {
  const { dataset: name, branch = MAIN, allow = [] } = input;
  requireDatasetName(name);
  requireRefName(branch, 'branch');
  const files = canonicalFiles(input.files);
  const tree = buildTree(files);
  if ('clash' in tree) {
    throw invalid(`${quoted(tree.clash)} is both a file and a directory`, {
      field: 'files',
      hint: 'rename one of them',
    });
  }
  await requireSizes(ctx, files);

  const known = await findDataset(ctx, name);
  const head = known && (await headOf(ctx, known, branch));
  let warnings: string[] = [];
  if (head?.hash !== tree.hash) {
    const old = new Map<string, string>();
    if (head) for await (const { path, hash } of walk(ctx, head.hash)) old.set(path, hash);
    warnings = await checkFiles(
      ctx,
      files.filter(({ path, hash }) => old.get(path) !== hash),
      allow,
    );
    await putTree(ctx, tree);
  }
  const fresh = await newlyHeld(ctx, files);
  const done = await ctx.write((tx) =>
    record(tx, input, {
      branch,
      tree,
      fresh,
      tables: files.some(({ path }) => tableFormat(path) !== undefined),
    }),
  );
  return warnings.length > 0 ? { ...done, warnings } : done;
}

async function record(
  tx: Tx,
  input: CommitInput,
  made: { branch: string; tree: BuiltTree; fresh: readonly string[]; tables: boolean },
): Promise<Committed> {
  const { branch, tree, fresh, tables } = made;
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
  // A new branch grows out of main.
  const parent = head ?? (await headOf(tx, dataset, MAIN));
  const parents = [...new Set([...(parent ? [parent.id] : []), ...(input.madeFrom ?? [])])];
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
    profile: tables ? 'pending' : 'none',
    ...(input.source === undefined ? {} : { source: input.source }),
  };
  await insertVersion(tx, dataset, version);
  await insertHeld(tx, fresh);
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
  if (tables) await tx.enqueue(PROFILE, { version: version.id }, { uniqueKey: version.id });
  return { version, unchanged: false };
}

function canonicalFiles(files: readonly FileInput[]): TreeFile[] {
  if (files.length === 0)
    throw invalid('there is no file to commit', {
      field: 'files',
      hint: 'put the data into the directory first',
    });
  const seen = new Map<string, string>();
  return files.map((file, i) => {
    const path = canonicalPath(file.path, `files[${i}].path`);
    if (seen.has(path)) {
      const same = seen.get(path) === file.path;
      throw invalid(
        `the file ${quoted(path)} ${same ? 'is named twice' : 'is there twice, with its letters composed differently'}`,
        {
          field: `files[${i}].path`,
          hint: same ? 'name it once' : 'rename one of the two',
        },
      );
    }
    seen.set(path, file.path);
    return { ...file, path };
  });
}

async function requireSizes(ctx: Ctx, files: readonly TreeFile[]): Promise<void> {
  const sizes = await ctx.blobs.has([...new Set(files.map(({ hash }) => hash))]);
  for (const { path, hash, size } of files) {
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

async function headOf(ctx: Ctx, dataset: DatasetRow, branch: string): Promise<DatasetVersion | undefined> {
  const ref = await findRef(ctx, dataset, branch);
  return ref && selectVersion(ctx, ref.version);
}

/** Directory objects that an older version has are there already: only changed ones are written. */
async function putTree(ctx: Ctx, { objects }: BuiltTree): Promise<void> {
  const stored = await ctx.blobs.has([...objects.keys()]);
  const fresh = [...objects].filter(([hash]) => !stored.has(hash));
  if (fresh.length > 0) await ctx.blobs.putMany(fresh.map(([, bytes]) => ({ bytes })));
}

async function newlyHeld(ctx: Ctx, files: readonly TreeFile[]): Promise<string[]> {
  const hashes = [...new Set(files.map(({ hash }) => hash))];
  const held = await selectHeld(ctx, hashes);
  return hashes.filter((hash) => !held.has(hash));
}
