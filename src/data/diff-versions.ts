import { createTurns, sortInTurns, type Turns } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { DiffEntry } from './contract.ts';
import { comparePaths } from './paths.ts';
import { readDirectory, walk } from './read-tree.ts';
import type { TreeFile, TreeNode } from './tree.ts';

export interface TreeDiff {
  /** In the order of the paths. */
  entries: DiffEntry[];
  counts: Record<DiffEntry['status'], number>;
}

/** What changed between two trees. Equal subtrees are never read. */
export async function diffTrees(ctx: Ctx, from: string, to: string): Promise<TreeDiff> {
  const turns = createTurns();
  const changes: Changes = { removed: [], added: [], modified: [], turns };
  await compare(ctx, from, to, '', changes);
  const entries: DiffEntry[] = changes.modified;
  const counts = { added: 0, removed: 0, modified: entries.length, renamed: 0 };
  // A file that went and one of the same content that came are one that was renamed.
  const gone = new Map<string, TreeFile[]>();
  for (const file of changes.removed) {
    const key = `${file.hash} ${file.size}`;
    const same = gone.get(key);
    if (same) same.push(file);
    else gone.set(key, [file]);
    const due = turns();
    if (due) await due;
  }
  for (const { path, hash, size } of changes.added) {
    const origin = size > 0 ? gone.get(`${hash} ${size}`)?.shift() : undefined;
    counts[origin ? 'renamed' : 'added']++;
    if (origin)
      entries.push({
        status: 'renamed',
        path,
        from_path: origin.path,
        old_size: size,
        new_size: size,
        old_hash: hash,
        new_hash: hash,
      });
    else entries.push({ status: 'added', path, new_size: size, new_hash: hash });
    const due = turns();
    if (due) await due;
  }
  for (const files of gone.values()) {
    counts.removed += files.length;
    for (const { path, hash, size } of files)
      entries.push({ status: 'removed', path, old_size: size, old_hash: hash });
    const due = turns();
    if (due) await due;
  }
  const compared = (a: DiffEntry, b: DiffEntry): number =>
    comparePaths(a.path, b.path) || comparePaths(a.status, b.status);
  return { entries: await sortInTurns(entries, compared), counts };
}

interface Changes {
  removed: TreeFile[];
  added: TreeFile[];
  modified: DiffEntry[];
  /** A folder may hold half a million entries, and its parts may be in memory already. */
  turns: Turns;
}

async function compare(ctx: Ctx, from: string, to: string, prefix: string, changes: Changes): Promise<void> {
  if (from === to) return;
  const [before, after] = await differing(ctx, from, to, changes.turns);
  for (const [name, old] of before) {
    const due = changes.turns();
    if (due) await due;
    const now = after.get(name);
    const path = prefix + name;
    if (now && now.kind === 'directory' && old.kind === 'directory')
      await compare(ctx, old.hash, now.hash, `${path}/`, changes);
    else if (now && now.kind === 'file' && old.kind === 'file') {
      if (now.hash !== old.hash || now.executable !== old.executable) {
        changes.modified.push({
          status: 'modified',
          path,
          old_size: old.size,
          new_size: now.size,
          old_hash: old.hash,
          new_hash: now.hash,
        });
      }
    } else {
      await collect(ctx, old, path, changes.removed, changes.turns);
      if (now) await collect(ctx, now, path, changes.added, changes.turns);
    }
  }
  for (const [name, now] of after) {
    if (!before.has(name)) await collect(ctx, now, prefix + name, changes.added, changes.turns);
    const due = changes.turns();
    if (due) await due;
  }
}

/** The entries of two directories, less the parts that both have. */
async function differing(
  ctx: Ctx,
  from: string,
  to: string,
  turns: Turns,
): Promise<[Map<string, TreeNode>, Map<string, TreeNode>]> {
  const [before, after] = [await readDirectory(ctx, from), await readDirectory(ctx, to)];
  const same = new Set(before.parts?.map(({ hash }) => hash)).intersection(
    new Set(after.parts?.map(({ hash }) => hash)),
  );
  const read = async ({
    entries,
    parts,
  }: Awaited<ReturnType<typeof readDirectory>>): Promise<Map<string, TreeNode>> => {
    const byName = new Map<string, TreeNode>();
    for (const entry of entries ?? []) byName.set(entry.name, entry);
    for (const { hash } of parts ?? []) {
      if (same.has(hash)) continue;
      for (const entry of (await readDirectory(ctx, hash)).entries ?? []) byName.set(entry.name, entry);
      const due = turns();
      if (due) await due;
    }
    return byName;
  };
  return [await read(before), await read(after)];
}

async function collect(
  ctx: Ctx,
  node: TreeNode,
  path: string,
  into: TreeFile[],
  turns: Turns,
): Promise<void> {
  if (node.kind === 'file') {
    into.push({ path, hash: node.hash, size: node.size });
    return;
  }
  for await (const file of walk(ctx, node.hash, `${path}/`)) {
    into.push(file);
    const due = turns();
    if (due) await due;
  }
}
