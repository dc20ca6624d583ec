import type { Ctx } from '../platform/ctx/index.ts';
import { readProfile } from './profile-version.ts';
import { selectVersion } from './store.ts';

/**
 * Rows of all tables of a version. Undefined where nobody can say: it is not profiled yet, has no tables, or one of them could not be
 * read.
 */
export async function countRows(ctx: Ctx, id: string): Promise<number | undefined> {
  const version = await selectVersion(ctx, id);
  if (version?.profile !== 'ready') return undefined;
  const tables = await readProfile(ctx, version.hash);
  let sum = 0;
  for (const { rows } of tables) {
    if (rows === undefined) return undefined;
    sum += rows;
  }
  return sum;
}
