import type { Ctx } from '../platform/ctx/index.ts';
import type { ModelFacts } from './contract.ts';
import { folderOf, listModelFiles } from './files.ts';
import { filesDigest } from './read-facts.ts';
import { requireModel, versionRef } from './store.ts';
import { requireVersion } from './store-versions.ts';

export interface VersionContent {
  ref: string;
  /** Digest over its files when it was registered; absent where its files lie outside, so that nothing here knows them. */
  registered?: string;
  /** The same over its files as they are now. */
  now?: string;
  /** What people wrote of it and of its model. */
  description?: string;
  model_description?: string;
  run?: string;
  created_by: string;
  /** The person who registered it, where it was one. */
  created_user?: string;
}

/** What a version is made of, read afresh: files of a run may be written again after they were registered. */
export async function versionContent(ctx: Ctx, name: string, version: number): Promise<VersionContent> {
  const model = await requireModel(ctx, name);
  const row = await requireVersion(ctx, model, version);
  const facts = row.facts === null ? undefined : (JSON.parse(row.facts) as ModelFacts); // written by this room
  const ours = folderOf(row.location) !== undefined;
  return {
    ref: versionRef(model.ref, version),
    ...(ours && facts ? { registered: facts.digest } : {}),
    ...(ours ? { now: filesDigest(await listModelFiles(ctx, row.location)) } : {}),
    ...(row.description === null ? {} : { description: row.description }),
    ...(model.description === null ? {} : { model_description: model.description }),
    ...(row.run_id === null ? {} : { run: row.run_id }),
    created_by: row.created_by,
    ...(row.created_user === null ? {} : { created_user: row.created_user }),
  };
}
