import { sees } from '../access/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { Dataset, DatasetDetail, DatasetVersion } from './contract.ts';
import { resolveVersion } from './resolve-ref.ts';
import {
  requireDataset,
  selectDatasets,
  selectMoves,
  selectRefs,
  selectVersion,
  selectVersions,
  toDataset,
  type DatasetRow,
} from './store.ts';

const LIMIT = 100;
const MOVES = 100;

export async function listDatasets(
  ctx: Ctx,
  { page = '', limit = LIMIT }: { page?: string; limit?: number },
): Promise<{ items: Dataset[]; next?: string }> {
  const items = await selectDatasets(ctx, page, Math.min(limit, 1000) + 1);
  return paged(items, Math.min(limit, 1000), ({ name }) => name);
}

export async function showDataset(ctx: Ctx, name: string): Promise<DatasetDetail> {
  const row = await requireDataset(ctx, name);
  const [dataset, refs, moves] = await Promise.all([
    toDataset(ctx, row),
    selectRefs(ctx, row),
    selectMoves(ctx, row, MOVES),
  ]);
  return { ...dataset, refs, moves };
}

/** All versions, newest first; with `ref`, that version and its ancestors by first parent. */
export async function listVersions(
  ctx: Ctx,
  name: string,
  { ref, page, limit = LIMIT }: { ref?: string; page?: string; limit?: number },
): Promise<{ items: DatasetVersion[]; next?: string }> {
  const dataset = await requireDataset(ctx, name);
  const most = Math.min(limit, 1000);
  if (ref !== undefined || page?.startsWith('@')) {
    const first = page?.startsWith('@')
      ? await selectVersion(ctx, page.slice(1))
      : await resolveVersion(ctx, dataset, ref!);
    const items = await ancestry(ctx, dataset, first, most + 1);
    const next = items[most];
    return { items: items.slice(0, most), ...(next ? { next: `@${next.id}` } : {}) };
  }
  const before = page === undefined ? Number.MAX_SAFE_INTEGER : Number(page);
  if (!Number.isSafeInteger(before))
    throw invalid(`'${page}' is not a page of this list`, {
      field: 'page',
      hint: "hand back the answer's `next`",
    });
  return paged(await selectVersions(ctx, dataset, before, most + 1), most, ({ number }) => String(number));
}

/** Most versions that are read at once on the way back. */
const STRETCH = 200;

/** A version and its ancestors by first parent. Most often that is the version before, so that whole stretches are read at once. */
async function ancestry(
  ctx: Ctx,
  dataset: DatasetRow,
  first: DatasetVersion | undefined,
  most: number,
): Promise<DatasetVersion[]> {
  const found: DatasetVersion[] = [];
  let read = new Map<string, DatasetVersion>();
  let length = STRETCH;
  for (let at = first; at && found.length < most;) {
    // Where a version was made from another dataset, that is told of to those alone who see it.
    if (at.dataset !== dataset.name && !sees(ctx, { kind: 'dataset', name: at.dataset })) break;
    found.push(at);
    const parent: string | undefined = at.parents[0];
    if (parent === undefined) break;
    if (!read.has(parent)) {
      const stretch = await selectVersions(ctx, dataset, at.number, Math.min(length, most - found.length));
      read = new Map(stretch.map((version) => [version.id, version]));
      // Where there are many branches it lies far back, and a stretch is read for nothing.
      length = read.has(parent) ? Math.min(STRETCH, length * 4) : 1;
    }
    // In another dataset, where the version was made from that.
    at = read.get(parent) ?? (await selectVersion(ctx, parent));
  }
  return found;
}

function paged<T>(found: T[], limit: number, key: (last: T) => string): { items: T[]; next?: string } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(found.length > limit && last !== undefined ? { next: key(last) } : {}) };
}
