import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import type { TreeEntry } from './contract.ts';
import { quoted } from './paths.ts';
import { entriesOf, lookUp, walk } from './read-tree.ts';
import type { TreeNode } from './tree.ts';

const LIMIT = 1000;

/** A directory's entries, or all files below it, page by page. */
export async function listFiles(
  ctx: Ctx,
  root: string,
  {
    path = '',
    recursive = false,
    page,
    limit = LIMIT,
  }: { path?: string; recursive?: boolean; page?: string; limit?: number },
): Promise<{ items: TreeEntry[]; next?: string }> {
  const skip = Number(page ?? 0);
  if (!Number.isSafeInteger(skip) || skip < 0)
    throw invalid(`'${page}' is not a page of this list`, {
      field: 'page',
      hint: "hand back the answer's `next`",
    });
  const folder = path.replace(/\/+$/, '').normalize('NFC');
  const at = folder === '' ? undefined : await lookUp(ctx, root, folder);
  if (folder !== '' && !at) throw notThere(path);
  const prefix = folder === '' ? '' : `${folder}/`;
  if (at?.kind === 'file') return { items: [toEntry(at, folder)] };
  const items: TreeEntry[] = [];
  const entries = recursive
    ? allFiles(ctx, at?.hash ?? root, prefix, skip)
    : ownEntries(ctx, at?.hash ?? root, prefix, skip);
  for await (const entry of entries) {
    if (items.length === limit) return { items, next: String(skip + limit) };
    items.push(entry);
  }
  return { items };
}

async function* allFiles(ctx: Ctx, hash: string, prefix: string, skip: number): AsyncGenerator<TreeEntry> {
  for await (const { path, hash: own, size, executable } of walk(ctx, hash, prefix, skip)) {
    yield { path, kind: 'file', hash: own, size, files: 1, ...(executable === true ? { executable } : {}) };
  }
}

async function* ownEntries(ctx: Ctx, hash: string, prefix: string, skip: number): AsyncGenerator<TreeEntry> {
  let at = 0;
  for await (const node of entriesOf(ctx, hash)) if (at++ >= skip) yield toEntry(node, prefix + node.name);
}

const toEntry = ({ kind, hash, size, files, executable }: TreeNode, path: string): TreeEntry => ({
  path,
  kind,
  hash,
  size,
  files,
  ...(executable ? { executable } : {}),
});

/** The file at a path of a tree. */
export async function requireFile(ctx: Ctx, root: string, path: string): Promise<TreeNode> {
  const node = await lookUp(ctx, root, path.normalize('NFC'));
  if (!node) throw notThere(path);
  if (node.kind === 'directory')
    throw invalid(`${quoted(path)} is a directory`, { field: 'path', hint: 'name a file in it' });
  return node;
}

const notThere = (path: string): Error =>
  missing(`the version has no ${quoted(path)}`, { field: 'path', hint: 'list its files first' });
