import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { Model } from './contract.ts';
import { askGuards, type MoveGuard } from './move-guard.ts';
import { checkAlias } from './names.ts';
import { say } from './say.ts';
import { holdModel, modelRef, removeAliases, requireModel, versionRef } from './store.ts';
import { toModel } from './store-views.ts';

/** Deletes an alias. `lenient`: one that is not there is no error, as in MLflow. */
export async function deleteAlias(
  ctx: Ctx,
  input: { model: string; alias: string; reason?: string | undefined; lenient?: boolean },
  guards: readonly MoveGuard[],
): Promise<Model> {
  const { model: name, reason } = input;
  const alias = checkAlias(input.alias);
  await ctx.write(async (tx) => {
    const row = await holdModel(tx, name);
    const [removed] = await removeAliases(tx, row.id, { alias });
    if (!removed && input.lenient) return;
    if (!removed) throw noAlias(name, alias);
    await askGuards(tx, guards, [
      {
        kind: 'alias',
        name: alias,
        model: { name, ref: modelRef(row.ref) },
        from: [versionRef(row.ref, removed.version)],
        to: [],
      },
    ]);
    const before = { alias, version: versionRef(row.ref, removed.version) };
    await say(
      tx,
      {
        action: 'model.alias_deleted',
        resource: modelRef(row.ref),
        before,
        ...(reason === undefined ? {} : { reason }),
      },
      { name, alias },
    );
  });
  return toModel(ctx, await requireModel(ctx, name));
}

export const noAlias = (name: string, alias: string) =>
  missing(`model '${name}' has no alias '${alias}'`, {
    field: 'alias',
    hint: `see its aliases with: treadle models show ${name}`,
    code: 'alias',
  });
