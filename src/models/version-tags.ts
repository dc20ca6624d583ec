import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { ModelVersion } from './contract.ts';
import { checkTag, checkTagKey } from './names.ts';
import { brief, say } from './say.ts';
import { holdModel, requireModel, versionRef } from './store.ts';
import { putVersionTags, removeVersionTag, requireVersion, toVersion } from './store-versions.ts';

export async function setVersionTag(
  ctx: Ctx,
  name: string,
  version: number,
  key: string,
  value: string,
): Promise<ModelVersion> {
  checkTag(key, value);
  await ctx.write(async (tx) => {
    const row = await holdModel(tx, name);
    await requireVersion(tx, row, version);
    await putVersionTags(tx, row.id, version, { [key]: value });
    await say(
      tx,
      {
        action: 'model_version.tag_set',
        resource: versionRef(row.ref, version),
        after: { key, value: brief(value) },
      },
      { name, version, key },
    );
  });
  return toVersion(ctx, await requireVersion(ctx, await requireModel(ctx, name), version));
}

/** `lenient`: a tag that is not there is no error, as in MLflow. */
export async function deleteVersionTag(
  ctx: Ctx,
  name: string,
  version: number,
  key: string,
  lenient = false,
): Promise<ModelVersion> {
  checkTagKey(key);
  await ctx.write(async (tx) => {
    const row = await holdModel(tx, name);
    await requireVersion(tx, row, version);
    const removed = await removeVersionTag(tx, row.id, version, key);
    if (!removed && lenient) return;
    if (!removed)
      throw missing(`version ${version} of model '${name}' has no tag '${key}'`, { field: 'key' });
    await say(
      tx,
      { action: 'model_version.tag_deleted', resource: versionRef(row.ref, version), before: { key } },
      { name, version, key },
    );
  });
  return toVersion(ctx, await requireVersion(ctx, await requireModel(ctx, name), version));
}
