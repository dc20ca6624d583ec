import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { Model } from './contract.ts';
import { checkTag, checkTagKey } from './names.ts';
import { brief, say } from './say.ts';
import { holdModel, modelRef, putModelTags, removeModelTag, requireModel } from './store.ts';
import { toModel } from './store-views.ts';

export async function setModelTag(ctx: Ctx, name: string, key: string, value: string): Promise<Model> {
  checkTag(key, value);
  await ctx.write(async (tx) => {
    const row = await holdModel(tx, name);
    await putModelTags(tx, row.id, { [key]: value });
    await say(
      tx,
      { action: 'model.tag_set', resource: modelRef(row.ref), after: { key, value: brief(value) } },
      { name, key },
    );
  });
  return toModel(ctx, await requireModel(ctx, name));
}

/** `lenient`: a tag that is not there is no error, as in MLflow. */
export async function deleteModelTag(ctx: Ctx, name: string, key: string, lenient = false): Promise<Model> {
  checkTagKey(key);
  await ctx.write(async (tx) => {
    const row = await holdModel(tx, name);
    const removed = await removeModelTag(tx, row.id, key);
    if (!removed && lenient) return;
    if (!removed) throw missing(`model '${name}' has no tag '${key}'`, { field: 'key' });
    await say(
      tx,
      { action: 'model.tag_deleted', resource: modelRef(row.ref), before: { key } },
      { name, key },
    );
  });
  return toModel(ctx, await requireModel(ctx, name));
}
