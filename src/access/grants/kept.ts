import type { Ctx, Grants } from '../../platform/ctx/index.ts';
import { epochNow } from './epoch.ts';

/** Of how many people it is kept. */
const MOST = 1000;

interface Kept {
  epoch: string;
  grants: Grants | undefined;
}

/** By database, as requests have it: what a transaction sees is its own. */
const kept = new WeakMap<object, Map<string, Kept>>();

/** What `make` made of somebody's grants, unless anything of grants or groups was changed since. */
export async function keptGrants(
  ctx: Pick<Ctx, 'db'>,
  key: string,
  make: () => Promise<Grants | undefined>,
): Promise<Grants | undefined> {
  // Asked for first: what is read after it is as new, or newer.
  const epoch = await epochNow(ctx);
  const found = kept.get(ctx.db)?.get(key);
  if (found?.epoch === epoch) return found.grants;
  const grants = await make();
  let all = kept.get(ctx.db);
  if (!all) kept.set(ctx.db, (all = new Map<string, Kept>()));
  if (all.size >= MOST) all.clear();
  all.set(key, { epoch, grants });
  return grants;
}
