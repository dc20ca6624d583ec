import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { Model } from './contract.ts';
import { askGuards, type MoveGuard, type VersionMove } from './move-guard.ts';
import { checkDescription, modelName } from './names.ts';
import { brief, say } from './say.ts';
import {
  aliasesOf,
  findModel,
  holdModel,
  modelRef,
  nameTaken,
  requireModel,
  updateModelRow,
  versionRef,
  type ModelRow,
} from './store.ts';
import { stagedVersions } from './store-versions.ts';
import { toModel } from './store-views.ts';

/** Renames a model, describes it, or both. Its versions and aliases go with it; in the ledger it keeps its ref. */
export async function updateModel(
  ctx: Ctx,
  name: string,
  change: { name?: string | undefined; description?: string | undefined },
  guards: readonly MoveGuard[],
): Promise<Model> {
  const newName = change.name === undefined ? undefined : modelName(change.name, 'new_name');
  checkDescription(change.description);
  await ctx.write(async (tx) => {
    const now = tx.clock.now();
    const row = await holdModel(tx, name, now);
    if (newName !== undefined && newName !== name) {
      if (await findModel(tx, newName)) throw nameTaken(newName);
      // Whoever follows the old name finds nothing from now on, and under the new one other rules may hold, as if all were set there anew.
      await askGuards(tx, guards, await movesUnder(tx, row, { from: name }));
      await updateModelRow(tx, row.id, { name: newName });
      await askGuards(tx, guards, await movesUnder(tx, row, { to: newName, renamed: name }));
      await say(
        tx,
        { action: 'model.renamed', resource: modelRef(row.ref), before: { name }, after: { name: newName } },
        { name: newName, before: name },
      );
    }
    if (change.description !== undefined) {
      await updateModelRow(tx, row.id, { description: change.description });
      const before = row.description === null ? {} : { before: { description: brief(row.description) } };
      await say(
        tx,
        {
          action: 'model.described',
          resource: modelRef(row.ref),
          ...before,
          after: { description: brief(change.description) },
        },
        { name: newName ?? name },
      );
    }
  });
  return toModel(ctx, await requireModel(ctx, newName ?? name));
}

/** What a name loses, or gets: each alias and stage of the model. */
async function movesUnder(
  tx: Tx,
  row: ModelRow,
  names: { from: string } | { to: string; renamed: string },
): Promise<VersionMove[]> {
  const name = 'from' in names ? names.from : names.to;
  const model = { name, ref: modelRef(row.ref) };
  const moved = (kind: 'alias' | 'stage', of: string, version: number): VersionMove => {
    const ref = versionRef(row.ref, version);
    return 'from' in names
      ? { kind, name: of, model, from: [ref], to: [] }
      : { kind, name: of, model, renamed: names.renamed, from: [], to: [{ ref, model: name, version }] };
  };
  return [
    ...(await aliasesOf(tx, row.id)).map(({ alias, version }) => moved('alias', alias, version)),
    ...(await stagedVersions(tx, row.id)).map(({ stage, version }) => moved('stage', stage, version)),
  ];
}
