import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import { checkFree } from './names.ts';
import { brief, say } from './say.ts';
import { putLoggedModelTags, removeLoggedModelTag, requireOwnLoggedModel } from './store-logged-models.ts';

export async function setLoggedModelTags(
  ctx: Ctx,
  id: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  checkFree(tags, 'tags');
  await ctx.write(async (tx) => {
    await requireOwnLoggedModel(tx, id);
    await putLoggedModelTags(tx, id, tags);
    const after = Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, brief(value)]));
    await say(
      tx,
      { action: 'logged_model.tags_set', resource: `logged_model:${id}`, after },
      { keys: Object.keys(tags) },
    );
  });
}

export async function deleteLoggedModelTag(ctx: Ctx, id: string, key: string): Promise<void> {
  await ctx.write(async (tx) => {
    await requireOwnLoggedModel(tx, id);
    if (!(await removeLoggedModelTag(tx, id, key)))
      throw missing(`logged model '${id}' has no tag '${key}'`, { field: 'tag_key' });
    await say(
      tx,
      { action: 'logged_model.tag_deleted', resource: `logged_model:${id}`, before: { key } },
      { key },
    );
  });
}
