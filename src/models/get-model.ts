import type { Ctx } from '../platform/ctx/index.ts';
import type { LoggedModel, Model, ModelVersion } from './contract.ts';
import { findVersionBy } from './find-version.ts';
import { findModels, requireModel } from './store.ts';
import { requireLoggedModel, toLoggedModel } from './store-logged-models.ts';
import { latestVersions, toVersion } from './store-versions.ts';
import { toModel } from './store-views.ts';

/** The plain reads of the room. */
export async function getModel(ctx: Ctx, name: string): Promise<Model> {
  return toModel(ctx, await requireModel(ctx, name));
}

/** `which`: a number, `latest`, `@alias`, or a stage. */
export async function getVersion(ctx: Ctx, name: string, which: string): Promise<ModelVersion> {
  return toVersion(ctx, await findVersionBy(ctx, name, which));
}

export async function getLoggedModel(ctx: Ctx, id: string, deleted = false): Promise<LoggedModel> {
  return toLoggedModel(ctx, await requireLoggedModel(ctx, id, deleted));
}

/** Where the files of a version are, as a URI that MLflow's client can follow. */
export async function getVersionLocation(ctx: Ctx, name: string, which: string): Promise<string> {
  return (await findVersionBy(ctx, name, which)).location;
}

/** The newest version of each stage of these models, by name. */
export async function latestVersionsOf(
  ctx: Ctx,
  names: readonly string[],
): Promise<Map<string, ModelVersion[]>> {
  const rows = await findModels(ctx, names);
  const latest = await latestVersions(
    ctx,
    rows.map(({ id }) => id),
  );
  return new Map(rows.map(({ id, name }) => [name, latest.get(id) ?? []]));
}
