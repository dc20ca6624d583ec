import { selectPinNamesOf } from '../platform/blobs/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { conflict } from '../platform/errors/index.ts';
import { deleteObjectsOf } from './dvc/store.ts';
import { resolveVersion } from './resolve-ref.ts';
import { deleteDatasetRows, lockDatasets, markDeleted, requireDataset, selectRefs } from './store.ts';

/** Deletes a version that no branch and no tag points at. Its number is never given again; the next gc takes its files. */
export function deleteVersion(
  ctx: Ctx,
  input: { dataset: string; ref: string; reason?: string },
): Promise<{ deleted: string; pinned: string[] }> {
  return ctx.write(async (tx) => {
    await lockDatasets(tx);
    const dataset = await requireDataset(tx, input.dataset);
    const version = await resolveVersion(tx, dataset, input.ref);
    const refs = (await selectRefs(tx, dataset)).filter(({ version_id }) => version_id === version.id);
    const [first] = refs;
    if (first)
      throw conflict(`${first.kind} '${first.name}' of dataset '${dataset.name}' points at ${version.name}`, {
        field: 'ref',
        hint:
          first.kind === 'branch'
            ? 'move the branch to another version first, or delete the whole dataset'
            : 'a tag names a version for good; delete the whole dataset',
        code: 'version-in-use',
      });
    await markDeleted(tx, version.id);
    await deleteObjectsOf(tx, { id: version.id, dataset: dataset.id, hash: version.hash });
    const resource = `dataset_version:${version.id}`;
    await tx.record({
      action: 'dataset_version.deleted',
      resource,
      before: { dataset: dataset.name, version: version.name, hash: version.hash },
      ...(input.reason === undefined ? {} : { reason: input.reason }),
    });
    await tx.emit({
      type: 'dataset_version.deleted',
      subject: resource,
      data: { dataset: dataset.name, version: version.id },
    });
    const named = `${dataset.name}@${version.name}`;
    const pins = await selectPinNamesOf(tx.db, tx.workspace, named);
    return { deleted: resource, pinned: pins.filter((name) => name === named) };
  });
}

/** Deletes a dataset with all its versions, branches and tags. The next gc takes their files. */
export function deleteDataset(
  ctx: Ctx,
  input: { dataset: string; reason?: string },
): Promise<{ deleted: string; versions: number; pinned: string[] }> {
  return ctx.write(async (tx) => {
    await lockDatasets(tx);
    const dataset = await requireDataset(tx, input.dataset);
    // Made again under the same name, the branch would be everybody's.
    const held = (await selectRefs(tx, dataset)).find((ref) => ref.protected);
    if (held)
      throw conflict(`branch '${held.name}' of dataset '${dataset.name}' is protected`, {
        field: 'dataset',
        hint: `an admin takes that off first: treadle data protect ${dataset.name}@${held.name} --off`,
        code: 'branch-protected',
      });
    const versions = await deleteDatasetRows(tx, dataset);
    const resource = `dataset:${dataset.id}`;
    await tx.record({
      action: 'dataset.deleted',
      resource,
      before: { name: dataset.name, versions },
      ...(input.reason === undefined ? {} : { reason: input.reason }),
    });
    await tx.emit({ type: 'dataset.deleted', subject: resource, data: { dataset: dataset.name } });
    const pinned = await selectPinNamesOf(tx.db, tx.workspace, `${dataset.name}@`);
    return { deleted: resource, versions, pinned };
  });
}
