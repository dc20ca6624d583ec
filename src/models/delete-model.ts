import type { Ctx } from '../platform/ctx/index.ts';
import { askGuards, type MoveGuard } from './move-guard.ts';
import { say } from './say.ts';
import { aliasesOf, holdModel, modelRef, purgeModel, versionRef } from './store.ts';
import { versionNumbers } from './store-versions.ts';
import { requireUnused, type Deletion, type VersionUser } from './version-users.ts';

/**
 * Deletes a model with its versions, tags and aliases. The files belong to runs and logged models, and stay there. Refused while one
 * of `users` needs a version, unless `force`.
 */
export function deleteModel(
  ctx: Ctx,
  name: string,
  { reason, force }: Deletion,
  users: readonly VersionUser[],
  guards: readonly MoveGuard[],
): Promise<{ deleted_versions: number }> {
  return ctx.write(async (tx) => {
    const now = tx.clock.now();
    const row = await holdModel(tx, name, now);
    const uses = await requireUnused(tx, users, row, await versionNumbers(tx, row.id), {
      force,
      whole: true,
    });
    const aliases = await aliasesOf(tx, row.id);
    await askGuards(
      tx,
      guards,
      aliases.map(({ alias, version }) => ({
        kind: 'alias',
        name: alias,
        model: { name, ref: modelRef(row.ref) },
        from: [versionRef(row.ref, version)],
        to: [],
      })),
    );
    const versions = await purgeModel(tx, row.id, now);
    const before = {
      name,
      versions,
      last_version: row.last_version,
      aliases,
      ...(uses.length === 0 ? {} : { uses }),
    };
    await say(
      tx,
      {
        action: 'model.deleted',
        resource: modelRef(row.ref),
        before,
        ...(reason === undefined ? {} : { reason }),
      },
      { name, versions },
    );
    return { deleted_versions: versions };
  });
}
