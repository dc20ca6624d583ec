import type { Ctx } from '../platform/ctx/index.ts';
import type { Model } from './contract.ts';
import { modelRef, tables, type ModelRow } from './store.ts';
import { latestVersions } from './store-versions.ts';

/** Rows as nouns, with what a list shows of them; a fixed number of queries however many there are. */
export async function toModels(ctx: Ctx, rows: readonly ModelRow[]): Promise<Model[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const room = tables(ctx);
  const [tags, aliases, counts, latest] = await Promise.all([
    room
      .selectFrom('model_tag')
      .select(['model_id', 'key', 'value'])
      .where('workspace', '=', ctx.workspace)
      .where('model_id', 'in', ids)
      .orderBy('key')
      .execute(),
    room
      .selectFrom('model_alias')
      .select(['model_id', 'alias', 'version'])
      .where('workspace', '=', ctx.workspace)
      .where('model_id', 'in', ids)
      .orderBy('alias')
      .execute(),
    room
      .selectFrom('model_version')
      .select((eb) => ['model_id', eb.fn.countAll().as('versions')])
      .where('workspace', '=', ctx.workspace)
      .where('model_id', 'in', ids)
      .where('deleted_at', 'is', null)
      .groupBy('model_id')
      .execute(),
    latestVersions(ctx, ids),
  ]);
  return rows.map(({ id, ref, name, description, created_at, updated_at, created_by }) => {
    const newest = latest.get(id)?.toSorted((a, b) => b.version - a.version)[0];
    return {
      ref: modelRef(ref),
      name,
      ...(description === null ? {} : { description }),
      created_at,
      updated_at,
      created_by,
      tags: Object.fromEntries(
        tags.filter((tag) => tag.model_id === id).map(({ key, value }) => [key, value]),
      ),
      aliases: aliases
        .filter((alias) => alias.model_id === id)
        .map(({ alias, version }) => ({ alias, version })),
      versions: Number(counts.find((count) => count.model_id === id)?.versions ?? 0),
      ...(newest === undefined ? {} : { latest: newest }),
    };
  });
}

export async function toModel(ctx: Ctx, row: ModelRow): Promise<Model> {
  return (await toModels(ctx, [row]))[0]!;
}
