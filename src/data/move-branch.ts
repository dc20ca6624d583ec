import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, invalid } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { DatasetVersion, Ref } from './contract.ts';
import { requireRefName } from './parse-ref.ts';
import { resolveVersion } from './resolve-ref.ts';
import {
  findRef,
  lockDatasets,
  requireDataset,
  selectRefs,
  selectVersion,
  setRef,
  type DatasetRow,
} from './store.ts';

/** Makes a branch, or moves it, back as well as forward. Moving needs a reason: it changes what everybody reads. */
export async function moveBranch(
  ctx: Ctx,
  input: { dataset: string; branch: string; to: string; reason?: string; expected?: string | null },
): Promise<Ref> {
  const { branch, reason, expected } = input;
  requireRefName(branch, 'branch');
  return ctx.write(async (tx) => {
    const { dataset, target } = await lockAndResolve(tx, input.dataset, input.to);
    const ref = await findRef(tx, dataset, branch);
    if (ref?.kind === 'tag')
      throw conflict(`'${branch}' is a tag of dataset '${dataset.name}'`, {
        field: 'branch',
        hint: 'a tag never moves; choose another name',
      });
    if (expected !== undefined && (expected ?? undefined) !== ref?.version) {
      throw conflict(`branch '${branch}' of dataset '${dataset.name}' moved meanwhile`, {
        field: 'expected',
        hint: 'look at it, then try again',
        code: 'branch-moved',
      });
    }
    if (ref?.version === target.id) return current(tx, dataset, branch);
    if (ref && reason === undefined) {
      throw invalid(`branch '${branch}' exists; moving it needs a reason`, {
        field: 'reason',
        hint: 'say why with --reason "…"',
      });
    }
    await point(tx, dataset, { name: branch, kind: 'branch', target, from: ref?.version, reason });
    return current(tx, dataset, branch);
  });
}

/** Names a version for good. */
export async function setTag(ctx: Ctx, input: { dataset: string; tag: string; to: string }): Promise<Ref> {
  const { tag } = input;
  requireRefName(tag, 'tag');
  return ctx.write(async (tx) => {
    const { dataset, target } = await lockAndResolve(tx, input.dataset, input.to);
    const ref = await findRef(tx, dataset, tag);
    if (ref && (ref.kind !== 'tag' || ref.version !== target.id)) {
      throw conflict(
        ref.kind === 'tag'
          ? `tag '${tag}' of dataset '${dataset.name}' names another version`
          : `'${tag}' is a branch of dataset '${dataset.name}'`,
        {
          field: 'tag',
          hint: 'a tag never moves; choose another name',
        },
      );
    }
    if (!ref)
      await point(tx, dataset, { name: tag, kind: 'tag', target, from: undefined, reason: undefined });
    return current(tx, dataset, tag);
  });
}

async function lockAndResolve(
  tx: Tx,
  name: string,
  selector: string,
): Promise<{ dataset: DatasetRow; target: DatasetVersion }> {
  await lockDatasets(tx);
  const dataset = await requireDataset(tx, name);
  return { dataset, target: await resolveVersion(tx, dataset, selector) };
}

async function point(
  tx: Tx,
  dataset: DatasetRow,
  move: {
    name: string;
    kind: 'branch' | 'tag';
    target: DatasetVersion;
    from: string | undefined;
    reason: string | undefined;
  },
): Promise<void> {
  const { name, kind, target, from, reason } = move;
  const before = from === undefined ? undefined : await selectVersion(tx, from);
  await setRef(tx, dataset, { id: newId(tx.clock.now()), name, kind, from, to: target.id, reason });
  const resource = `dataset:${dataset.id}`;
  const verb = kind === 'tag' ? 'dataset.tagged' : before ? 'dataset.branch_moved' : 'dataset.branch_made';
  await tx.record({
    action: verb,
    resource,
    ...(before ? { before: { version: before.name, version_id: before.id } } : {}),
    after: { dataset: dataset.name, [kind]: name, version: target.name, version_id: target.id },
    ...(reason === undefined ? {} : { reason }),
  });
  await tx.emit({
    type: verb,
    subject: resource,
    data: { dataset: dataset.name, [kind]: name, version: target.id },
  });
}

async function current(tx: Tx, dataset: DatasetRow, name: string): Promise<Ref> {
  const ref = (await selectRefs(tx, dataset)).find((one) => one.name === name);
  if (!ref) throw new Error(`the ref '${name}' is gone`);
  return ref;
}
