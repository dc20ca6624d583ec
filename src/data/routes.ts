import { seesAll } from '../access/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { route, type Route } from '../platform/http/index.ts';
import type { Tables } from '../tables/index.ts';
import { commitUpload } from './commit-version.ts';
import * as contract from './contract.ts';
import type { DatasetVersion, Diff } from './contract.ts';
import { deleteDataset, deleteVersion } from './delete-version.ts';
import { diffTrees } from './diff-versions.ts';
import { commitOutput, findMissingObjects } from './dvc/import-output.ts';
import { readFileOid } from './dvc/oid.ts';
import { receiveObject } from './dvc/receive-object.ts';
import { listFiles, requireFile } from './list-files.ts';
import { moveBranch, setTag } from './move-branch.ts';
import { protectBranch } from './merge-branch.ts';
import { nameIds } from './name-ids.ts';
import { previewFile } from './preview-file.ts';
import { profileAgain, readProfile } from './profile-version.ts';
import { parseRange } from './range.ts';
import { findMissing, receiveBlob, receiveBlobs } from './receive-blobs.ts';
import { resolveVersion } from './resolve-ref.ts';
import { runSql } from './run-sql.ts';
import { requireInTree, sendBlobs } from './send-blobs.ts';
import type { TableFunction } from './table-functions.ts';
import { listDatasets, listVersions, showDataset } from './show-dataset.ts';
import { requireDataset } from './store.ts';

const find = async (ctx: Ctx, { dataset, ref }: { dataset: string; ref: string }): Promise<DatasetVersion> =>
  resolveVersion(ctx, await requireDataset(ctx, dataset), ref);

/** `v3`, an id and a hash mean the same for ever; a branch does not. */
const lasting = (ref: string): boolean => /^(v\d+|[0-9a-f]{8,64})$/.test(ref);

/** `functions`: what rooms above offer to queries. */
export const dataRoutes = (tables: Tables, functions: readonly TableFunction[] = []): Route[] => [
  route(contract.listDatasets, (ctx, { query }) => listDatasets(ctx, query)),
  route(contract.getDataset, (ctx, { params }) => showDataset(ctx, params.dataset)),
  route(contract.listVersions, (ctx, { params, query }) => listVersions(ctx, params.dataset, query)),
  route(contract.getVersion, (ctx, { params }) => find(ctx, params)),
  route(contract.listFiles, async (ctx, { params, query }) =>
    listFiles(ctx, (await find(ctx, params)).hash, query),
  ),
  route(contract.downloadFile, async (ctx, { params, query, headers }) => {
    const { hash, size, name } = await requireFile(ctx, (await find(ctx, params)).hash, query.path);
    const range = parseRange(headers['range'], size);
    return {
      stream: await ctx.blobs.open(hash, range),
      size: range ? range.end - range.start + 1 : size,
      filename: name,
      etag: hash,
      immutable: lasting(params.ref),
      ...(range ? { range: { ...range, total: size } } : {}),
    };
  }),
  route(contract.previewFile, async (ctx, { params, query, signal }) =>
    previewFile(ctx, tables, (await find(ctx, params)).hash, query, signal),
  ),
  route(contract.getProfile, async (ctx, { params }) => {
    const version = await find(ctx, params);
    await profileAgain(ctx, version);
    return { state: version.profile, tables: await readProfile(ctx, version.hash) };
  }),
  route(contract.diffVersions, (ctx, { params, query }) => diff(ctx, params.dataset, query)),
  route(contract.commitVersion, (ctx, { params, body, signal }) =>
    commitUpload(ctx, params.dataset, body, signal),
  ),
  route(contract.moveBranch, (ctx, { params, body }) => moveBranch(ctx, { ...body, ...params })),
  route(contract.protectBranch, (ctx, { params, body }) =>
    protectBranch(ctx, { ...params, wanted: body.protected }),
  ),
  route(contract.setTag, (ctx, { params, body }) => setTag(ctx, { ...body, ...params })),
  route(contract.deleteVersion, (ctx, { params, query }) => deleteVersion(ctx, { ...params, ...query })),
  route(contract.deleteDataset, (ctx, { params, query }) => deleteDataset(ctx, { ...params, ...query })),
  route(contract.findMissing, async (ctx, { body }) => ({
    // What others of the workspace have sent is nothing that a guest hears of: they send it once more.
    missing: seesAll(ctx) ? await findMissing(ctx, body.hashes) : [...new Set(body.hashes)],
  })),
  route(contract.uploadBlobs, (ctx, { body }) => receiveBlobs(ctx, body)),
  route(contract.uploadBlob, (ctx, { params, body }) => receiveBlob(ctx, params.hash, body)),
  route(contract.downloadBlobs, async (ctx, { params, body }) => {
    const { hash } = await find(ctx, params);
    if (!seesAll(ctx)) await requireInTree(ctx, hash, body.hashes);
    return { stream: await sendBlobs(ctx, body.hashes) };
  }),
  route(contract.nameIds, async (ctx, { query }) => ({ items: await nameIds(ctx, query.ids) })),
  route(contract.findMissingDvc, async (ctx, { params, body }) => ({
    missing: await findMissingObjects(ctx, params.dataset, body),
  })),
  route(contract.uploadDvcObject, (ctx, { params, body }) =>
    receiveObject(ctx, params.dataset, readFileOid(params), body),
  ),
  route(contract.commitDvcOutput, (ctx, { params, body }) => commitOutput(ctx, params.dataset, body)),
  route(contract.runSql, (ctx, { body, signal }) => runSql(ctx, tables, body, signal, functions)),
];

async function diff(
  ctx: Ctx,
  dataset: string,
  query: { from: string; to: string; page?: string; limit?: number },
): Promise<Diff> {
  const [from, to] = [
    await find(ctx, { dataset, ref: query.from }),
    await find(ctx, { dataset, ref: query.to }),
  ];
  const { entries, counts } = await diffTrees(ctx, from.hash, to.hash);
  const skip = Number(query.page ?? 0) || 0;
  const limit = query.limit ?? 1000;
  return {
    from,
    to,
    summary: { ...counts, bytes: to.bytes - from.bytes },
    items: entries.slice(skip, skip + limit),
    ...(entries.length > skip + limit ? { next: String(skip + limit) } : {}),
  };
}
