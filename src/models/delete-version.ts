import type { Ctx } from '../platform/ctx/index.ts';
import { askGuards, type MoveGuard } from './move-guard.ts';
import { say } from './say.ts';
import { holdModel, modelRef, removeAliases, versionRef } from './store.ts';
import { redactVersion, requireVersion } from './store-versions.ts';
import { leavingStage } from './update-version.ts';
import { requireUnused, type Deletion, type VersionUser } from './version-users.ts';

/**
 * Deletes a version and the aliases that point at it. Its number is never given again. Refused while one of `users` needs it, unless
 * `force`.
 */
export function deleteVersion(
  ctx: Ctx,
  name: string,
  version: number,
  { reason, force }: Deletion,
  users: readonly VersionUser[],
  guards: readonly MoveGuard[],
): Promise<{ deleted: string }> {
  return ctx.write(async (tx) => {
    const now = tx.clock.now();
    const row = await holdModel(tx, name, now);
    const { source, run_id, logged_model_id, stage } = await requireVersion(tx, row, version);
    const uses = await requireUnused(tx, users, row, [version], { force, whole: false });
    const aliases = (await removeAliases(tx, row.id, { version })).map(({ alias }) => alias);
    await askGuards(
      tx,
      guards,
      aliases.map((alias) => ({
        kind: 'alias',
        name: alias,
        model: { name, ref: modelRef(row.ref) },
        from: [versionRef(row.ref, version)],
        to: [],
      })),
    );
    await askGuards(tx, guards, await leavingStage(tx, row, version));
    await redactVersion(tx, row.id, version, now);
    const resource = versionRef(row.ref, version);
    await say(
      tx,
      {
        action: 'model_version.deleted',
        resource,
        before: { source, run_id, logged_model_id, stage, aliases, ...(uses.length === 0 ? {} : { uses }) },
        ...(reason === undefined ? {} : { reason }),
      },
      { name, version, aliases },
    );
    return { deleted: resource };
  });
}
