import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, missing } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { DatasetVersion, Ref } from './contract.ts';
import {
  findProtection,
  findRef,
  lockDatasets,
  requireDataset,
  selectRefs,
  selectVersion,
  selectVersionsById,
  setProtection,
  setRef,
  type DatasetRow,
} from './store.ts';

/** Where two branches stand to each other. */
export interface Standing {
  dataset: DatasetRow;
  head: DatasetVersion;
  /** What the other one is at now. */
  base: DatasetVersion;
  /** `ahead`: the head was made from the base; `same`; `diverged`: the base has something that the head was not made from. */
  stands: 'ahead' | 'same' | 'diverged';
  protected: boolean;
}

export async function compareBranches(
  ctx: Ctx,
  name: string,
  { branch, into }: { branch: string; into: string },
): Promise<Standing> {
  const dataset = await requireDataset(ctx, name);
  const [head, base] = [await headOf(ctx, dataset, branch), await headOf(ctx, dataset, into)];
  const stands = head.id === base.id ? 'same' : (await descends(ctx, head, base)) ? 'ahead' : 'diverged';
  return {
    dataset,
    head,
    base,
    stands,
    protected: (await findProtection(ctx, dataset, into)) !== undefined,
  };
}

/** Moves a branch to what grew out of it. Whoever calls has looked at the checks, in the same transaction. */
export async function mergeBranch(
  tx: Tx,
  name: string,
  { branch, into, head: wanted, reason }: { branch: string; into: string; head: string; reason: string },
): Promise<Standing> {
  await lockDatasets(tx);
  const found = await compareBranches(tx, name, { branch, into });
  const { dataset, head, base, stands } = found;
  if (head.id !== wanted)
    throw conflict(`branch '${branch}' of dataset '${name}' moved meanwhile: it is at ${head.name}`, {
      field: 'head',
      hint: 'look at what is new, and at its checks, then merge that',
      code: 'branch-moved',
    });
  if (stands === 'same')
    throw conflict(`${name}@${into} is at ${base.name} already`, { field: 'branch', code: 'merged' });
  if (stands === 'diverged')
    throw conflict(
      `${name}@${into} has moved on to ${base.name}, of which ${branch} knows nothing: merged, its changes would be gone`,
      {
        field: 'branch',
        hint: `make the change again on what is there now: treadle data checkout ${name}@${into}, then commit it to a new branch and propose that`,
        code: 'diverged',
      },
    );
  await setRef(tx, dataset, {
    id: newId(tx.clock.now()),
    name: into,
    kind: 'branch',
    from: base.id,
    to: head.id,
    reason,
    merged: true,
  });
  const resource = `dataset:${dataset.id}`;
  await tx.record({
    action: 'dataset.branch_moved',
    resource,
    before: { version: base.name, version_id: base.id },
    after: { dataset: name, branch: into, version: head.name, version_id: head.id, merged: branch },
    reason,
  });
  await tx.emit({
    type: 'dataset.branch_moved',
    subject: resource,
    data: { dataset: name, branch: into, version: head.id },
  });
  return found;
}

/** From then on the branch changes by merged proposals alone; or, again, by anybody who may write the dataset. */
export async function protectBranch(
  ctx: Ctx,
  { dataset: name, branch, wanted }: { dataset: string; branch: string; wanted: boolean },
): Promise<Ref> {
  return ctx.write(async (tx) => {
    await lockDatasets(tx);
    const dataset = await requireDataset(tx, name);
    await headOf(tx, dataset, branch);
    if (((await findProtection(tx, dataset, branch)) !== undefined) !== wanted) {
      await setProtection(tx, dataset, branch, wanted);
      const verb = wanted ? 'dataset.branch_protected' : 'dataset.branch_unprotected';
      const resource = `dataset:${dataset.id}`;
      await tx.record({ action: verb, resource, after: { dataset: name, branch } });
      await tx.emit({ type: verb, subject: resource, data: { dataset: name, branch } });
    }
    return (await selectRefs(tx, dataset)).find((one) => one.name === branch)!;
  });
}

async function headOf(ctx: Ctx, dataset: DatasetRow, branch: string): Promise<DatasetVersion> {
  const ref = await findRef(ctx, dataset, branch);
  const version = ref?.kind === 'branch' ? await selectVersion(ctx, ref.version) : undefined;
  if (version) return version;
  throw missing(`dataset '${dataset.name}' has no branch '${branch}'`, {
    field: 'branch',
    hint: `treadle data log ${dataset.name} lists its versions and branches`,
  });
}

/** Whether one was made from another, by whatever parents lie between; deleted ones lead on. Parents have lower numbers. */
async function descends(ctx: Ctx, head: DatasetVersion, from: DatasetVersion): Promise<boolean> {
  const seen = new Set<string>();
  for (let edge = head.parents; edge.length > 0;) {
    if (edge.includes(from.id)) return true;
    for (const id of edge) seen.add(id);
    const versions = await selectVersionsById(ctx, edge, { deleted: true });
    edge = [
      ...new Set(
        versions.flatMap(({ dataset, number, parents }) =>
          dataset === from.dataset && number > from.number ? parents : [],
        ),
      ),
    ].filter((id) => !seen.has(id));
  }
  return false;
}
