import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { Model } from './contract.ts';
import { checkDescription, checkTags, modelName } from './names.ts';
import { brief, say } from './say.ts';
import { findModel, insertModel, modelRef, nameTaken, putModelTags, type ModelRow } from './store.ts';
import { toModel } from './store-views.ts';

export interface NewModel {
  name: string;
  description?: string | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
}

/** Makes a model, still without versions. A name that is taken is a conflict. */
export async function createModel(ctx: Ctx, input: NewModel): Promise<Model> {
  const name = modelName(input.name);
  checkDescription(input.description);
  checkTags(input.tags ?? {});
  await ctx.write((tx) => makeModel(tx, { ...input, name }));
  return toModel(ctx, (await findModel(ctx, name))!);
}

/** The same within a change: `input` was checked before. */
export async function makeModel(tx: Tx, { name, description, tags = {} }: NewModel): Promise<ModelRow> {
  if (await findModel(tx, name)) throw nameTaken(name);
  const now = tx.clock.now();
  const row = await insertModel(tx, {
    id: newId(now),
    workspace: tx.workspace,
    name,
    description: description ?? null,
    created_at: now,
    updated_at: now,
    created_by: tx.actor.name,
    last_version: 0,
    deleted_at: null,
  });
  await putModelTags(tx, row.id, tags);
  const after = {
    name,
    ...(description === undefined ? {} : { description: brief(description) }),
    tags: Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, brief(value)])),
  };
  await say(tx, { action: 'model.created', resource: modelRef(row.ref), after }, { name });
  return row;
}
