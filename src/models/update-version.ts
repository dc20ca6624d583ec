import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { ModelVersion, Stage } from './contract.ts';
import { askGuards, type MoveGuard, type VersionMove } from './move-guard.ts';
import { checkDescription } from './names.ts';
import { brief, say } from './say.ts';
import { holdModel, modelRef, requireModel, versionRef, type ModelRow } from './store.ts';
import {
  isFollowed,
  requireVersion,
  stagedVersions,
  toVersion,
  updateVersionRow,
  versionsInStage,
} from './store-versions.ts';

export interface VersionChange {
  description?: string | undefined;
  stage?: Stage | undefined;
  /** Moves every other version of that stage to Archived. Only for Staging and Production. */
  archiveOthers?: boolean | undefined;
  reason?: string | undefined;
}

/** Describes a version, or moves it to another stage. */
export async function updateVersion(
  ctx: Ctx,
  name: string,
  version: number,
  change: VersionChange,
  guards: readonly MoveGuard[],
): Promise<ModelVersion> {
  const { description, stage, archiveOthers, reason } = change;
  checkDescription(description);
  if (archiveOthers && !isFollowed(stage ?? '')) {
    throw invalid(`moving a version to ${stage ?? 'no stage'} cannot archive the others`, {
      field: 'archive_existing_versions',
      hint: 'only Staging and Production can',
    });
  }
  await ctx.write(async (tx) => {
    const now = tx.clock.now();
    const row = await holdModel(tx, name, stage === undefined ? undefined : now);
    const before = await requireVersion(tx, row, version);
    if (description !== undefined) {
      await updateVersionRow(tx, row.id, version, { description, updated_at: now });
      const was = before.description === null ? {} : { before: { description: brief(before.description) } };
      await say(
        tx,
        {
          action: 'model_version.described',
          resource: versionRef(row.ref, version),
          ...was,
          after: { description: brief(description) },
        },
        { name, version },
      );
    }
    if (stage === undefined) return;
    if (stage !== before.stage) {
      await askGuards(tx, guards, await leavingStage(tx, row, version));
      // Clients that ask by stage get the newest version of it.
      if (isFollowed(stage))
        await askGuards(tx, guards, [
          {
            kind: 'stage',
            name: stage,
            model: { name, ref: modelRef(row.ref) },
            from: [],
            to: [{ ref: versionRef(row.ref, version), model: name, version }],
          },
        ]);
    }
    for (const other of archiveOthers ? await versionsInStage(tx, row.id, stage) : []) {
      if (other !== version) await moveTo(tx, row, other, stage, 'Archived', reason);
    }
    await moveTo(tx, row, version, before.stage, stage, reason);
  });
  return toVersion(ctx, await requireVersion(ctx, await requireModel(ctx, name), version));
}

/** What a stage leads to once a version has left it: the newest of those that are left, or nothing. None where it led to another one. */
export async function leavingStage(tx: Tx, row: ModelRow, version: number): Promise<VersionMove[]> {
  const staged = await stagedVersions(tx, row.id);
  const stage = staged.find((one) => one.version === version)?.stage;
  const left = staged.filter((one) => one.stage === stage && one.version !== version);
  const newest = Math.max(...left.map((one) => one.version));
  if (stage === undefined || newest > version) return [];
  const pointer = (to: number) => ({ ref: versionRef(row.ref, to), model: row.name, version: to });
  return [
    {
      kind: 'stage',
      name: stage,
      model: { name: row.name, ref: modelRef(row.ref) },
      from: [versionRef(row.ref, version)],
      to: left.length === 0 ? [] : [pointer(newest)],
    },
  ];
}

async function moveTo(
  tx: Tx,
  model: ModelRow,
  version: number,
  from: string,
  to: Stage,
  reason: string | undefined,
): Promise<void> {
  await updateVersionRow(tx, model.id, version, { stage: to, updated_at: tx.clock.now() });
  const entry = {
    action: 'model_version.stage_changed',
    resource: versionRef(model.ref, version),
    before: { stage: from },
    after: { stage: to },
    ...(reason === undefined ? {} : { reason }),
  };
  await say(tx, entry, { name: model.name, version, from, to });
}
