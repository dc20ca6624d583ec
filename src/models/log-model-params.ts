import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { checkFree } from './names.ts';
import { brief, say } from './say.ts';
import { insertParams, paramsOf, requireOwnLoggedModel } from './store-logged-models.ts';

/** Adds params to a logged model. The same value again is no change; another value is refused: params are facts. */
export async function logModelParams(
  ctx: Ctx,
  id: string,
  params: Readonly<Record<string, string>>,
): Promise<void> {
  checkFree(params, 'params');
  await ctx.write(async (tx) => {
    await requireOwnLoggedModel(tx, id);
    const known = await paramsOf(tx, id);
    for (const [key, value] of Object.entries(params)) {
      const before = known.get(key);
      if (before !== undefined && before !== value) {
        throw invalid(
          `Changing param values is not allowed: param '${key}' of logged model '${id}' is '${before.slice(0, 100)}' already`,
          { field: `params.${key}`, hint: 'log it under another key' },
        );
      }
    }
    const fresh = Object.fromEntries(Object.entries(params).filter(([key]) => !known.has(key)));
    if (Object.keys(fresh).length === 0) return;
    await insertParams(tx, id, fresh);
    const after = Object.fromEntries(Object.entries(fresh).map(([key, value]) => [key, brief(value)]));
    await say(
      tx,
      { action: 'logged_model.params_logged', resource: `logged_model:${id}`, after },
      { keys: Object.keys(fresh) },
    );
  });
}
