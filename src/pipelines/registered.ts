import { searchVersions, versionVocabulary, type ModelVersion } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { parseFilter } from '../platform/search/index.ts';

/** The versions that came of a run, by the names of today. */
export async function versionsOf(ctx: Ctx, run: string): Promise<ModelVersion[]> {
  const { items } = await searchVersions(ctx, {
    filter: parseFilter(`run_id = '${run}'`, versionVocabulary),
    limit: 100,
    facts: false,
  });
  return items;
}
