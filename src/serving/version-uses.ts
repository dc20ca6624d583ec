import type { VersionUse, VersionUser } from '../models/index.ts';
import { selectInUse } from './store.ts';
import { previousOf, variantsOf } from './views.ts';

/** Versions that answer at an endpoint, are being made ready for one, or are what a rollback goes back to. */
export const versionUses: VersionUser = async (ctx, { versions }) => {
  const uses: VersionUse[] = [];
  const add = (row: { variants: string }, says: string): void => {
    for (const { version_ref } of variantsOf(row))
      if (versions.has(version_ref)) uses.push({ version_ref, says });
  };
  for (const row of await selectInUse(ctx)) {
    const at = (revision: number): string => `endpoint '${row.endpoint}' (revision ${revision})`;
    if (row.state === 'preparing') add(row, `is being made ready for ${at(row.revision)}`);
    if (row.state !== 'live') continue;
    add(row, `answers at ${at(row.revision)}`);
    const before = await previousOf(ctx, row);
    if (before) add(before, `is what a rollback goes back to at ${at(before.revision)}`);
  }
  return uses;
};
