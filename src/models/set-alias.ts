import type { Ctx } from '../platform/ctx/index.ts';
import type { Model } from './contract.ts';
import { askGuards, type MoveGuard } from './move-guard.ts';
import { newAlias } from './names.ts';
import { say } from './say.ts';
import { aliasVersion, holdModel, modelRef, putAlias, requireModel, versionRef } from './store.ts';
import { requireVersion } from './store-versions.ts';
import { toModel } from './store-views.ts';

/** Points an alias at a version; where it pointed before goes into the ledger. */
export async function setAlias(
  ctx: Ctx,
  input: { model: string; alias: string; version: number; reason?: string | undefined },
  guards: readonly MoveGuard[],
): Promise<Model> {
  const { model: name, version, reason } = input;
  const alias = newAlias(input.alias);
  await ctx.write(async (tx) => {
    const row = await holdModel(tx, name);
    await requireVersion(tx, row, version);
    const before = await aliasVersion(tx, row.id, alias);
    if (before === version) return;
    const ref = versionRef(row.ref, version);
    await askGuards(tx, guards, [
      {
        kind: 'alias',
        name: alias,
        model: { name, ref: modelRef(row.ref) },
        from: before === undefined ? [] : [versionRef(row.ref, before)],
        to: [{ ref, model: name, version }],
      },
    ]);
    await putAlias(tx, row.id, alias, version);
    const entry = {
      action: 'model.alias_set',
      resource: modelRef(row.ref),
      ...(before === undefined ? {} : { before: { alias, version: versionRef(row.ref, before) } }),
      after: { alias, version: ref },
      ...(reason === undefined ? {} : { reason }),
    };
    await say(tx, entry, { name, alias, version, ...(before === undefined ? {} : { before }) });
  });
  return toModel(ctx, await requireModel(ctx, name));
}
