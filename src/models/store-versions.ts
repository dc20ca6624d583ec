import { sql, type Selectable, type SqlBool } from 'kysely';
import { inPortions } from '../platform/aside/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import { STAGES, type ModelFacts, type ModelVersion, type Stage } from './contract.ts';
import type { ModelTables } from './schema.ts';
import { versionRef, tables, type ModelRow } from './store.ts';

export type VersionRow = Selectable<ModelTables['model_version']>;
/** A version with the name and ref of its model, as every reader wants it. */
export type NamedVersion = VersionRow & { name: string; ref: string };

/** All but the facts, which can be long. */
export const VERSION_COLUMNS = (
  [
    'workspace',
    'model_id',
    'version',
    'description',
    'source',
    'location',
    'run_id',
    'run_link',
    'logged_model_id',
    'stage',
    'created_at',
    'updated_at',
    'created_by',
    'created_user',
    'deleted_at',
  ] as const
).map((column) => `model_version.${column}` as const);

/** Every live version of this workspace's live models. */
export const liveVersions = (ctx: Ctx) =>
  tables(ctx)
    .selectFrom('model_version')
    .innerJoin('model', 'model.id', 'model_version.model_id')
    .where('model_version.workspace', '=', ctx.workspace)
    .where('model.workspace', '=', ctx.workspace)
    .where('model.deleted_at', 'is', null)
    .where('model_version.deleted_at', 'is', null);

export async function findVersion(
  ctx: Ctx,
  model: ModelRow,
  version: number,
): Promise<NamedVersion | undefined> {
  return await liveVersions(ctx)
    .selectAll('model_version')
    .select(['model.name', 'model.ref'])
    .where('model_version.model_id', '=', model.id)
    .where('model_version.version', '=', version)
    .executeTakeFirst();
}

/** Versions of models that are there, by what the ledger calls them; deleted versions, too, of which the number is left. */
export async function selectNumbered(
  ctx: Ctx,
  wanted: ReadonlyArray<{ ref: string; version: number }>,
): Promise<NamedVersion[]> {
  if (wanted.length === 0) return [];
  return await tables(ctx)
    .selectFrom('model_version')
    .innerJoin('model', 'model.id', 'model_version.model_id')
    .selectAll('model_version')
    .select(['model.name', 'model.ref'])
    .where('model_version.workspace', '=', ctx.workspace)
    .where('model.workspace', '=', ctx.workspace)
    .where('model.deleted_at', 'is', null)
    .where((eb) =>
      eb.or(
        wanted.map(({ ref, version }) =>
          eb.and([eb('model.ref', '=', ref), eb('model_version.version', '=', version)]),
        ),
      ),
    )
    .execute();
}

export async function requireVersion(ctx: Ctx, model: ModelRow, version: number): Promise<NamedVersion> {
  const row = await findVersion(ctx, model, version);
  if (!row)
    throw missing(`model '${model.name}' has no version ${version}`, {
      field: 'version',
      hint: `list them with: treadle models versions ${model.name}`,
    });
  return row;
}

export async function insertVersion(tx: Tx, row: VersionRow): Promise<void> {
  await tables(tx).insertInto('model_version').values(row).execute();
}

type Change = Partial<Pick<VersionRow, 'description' | 'stage' | 'updated_at' | 'facts'>>;

export async function updateVersionRow(
  tx: Tx,
  modelId: string,
  version: number,
  change: Change,
): Promise<void> {
  await tables(tx)
    .updateTable('model_version')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('model_id', '=', modelId)
    .where('version', '=', version)
    .execute();
}

/** Keeps the number and nothing else. */
export async function redactVersion(tx: Tx, modelId: string, version: number, at: number): Promise<void> {
  await tables(tx)
    .deleteFrom('model_version_tag')
    .where('workspace', '=', tx.workspace)
    .where('model_id', '=', modelId)
    .where('version', '=', version)
    .execute();
  await tables(tx)
    .updateTable('model_version')
    .set({
      description: null,
      source: '',
      location: '',
      run_id: null,
      run_link: null,
      logged_model_id: null,
      facts: null,
      updated_at: at,
      deleted_at: at,
    })
    .where('workspace', '=', tx.workspace)
    .where('model_id', '=', modelId)
    .where('version', '=', version)
    .execute();
}

export async function versionNumbers(ctx: Ctx, modelId: string): Promise<number[]> {
  const rows = await liveVersions(ctx)
    .select('model_version.version')
    .where('model_version.model_id', '=', modelId)
    .execute();
  return rows.map(({ version }) => version);
}

/** Stages that clients ask by; None and Archived are where versions lie that nobody is meant to use. */
const FOLLOWED: readonly string[] = ['Staging', 'Production'];
export const isFollowed = (stage: string): boolean => FOLLOWED.includes(stage);

/** The versions whose files lie at one of `places`, or below one of `folders`, which end in a slash. */
export async function versionsAt(
  ctx: Ctx,
  places: readonly string[],
  folders: readonly string[],
): Promise<Array<Pick<NamedVersion, 'model_id' | 'version' | 'stage' | 'name' | 'ref'>>> {
  return await liveVersions(ctx)
    .select([
      'model_version.model_id',
      'model_version.version',
      'model_version.stage',
      'model.name',
      'model.ref',
    ])
    .where(({ eb, or }) =>
      or([
        eb('location', 'in', places),
        // An order of letters is none of bytes on every database, so no range of an index says it.
        ...folders.map((folder) =>
          eb(sql`substr(location, 1, length(cast(${folder} as text)))`, '=', folder),
        ),
      ]),
    )
    .execute();
}

/** The versions of a model that stand in a stage which is followed. */
export async function stagedVersions(
  ctx: Ctx,
  modelId: string,
): Promise<Array<{ stage: string; version: number }>> {
  return await liveVersions(ctx)
    .select(['model_version.stage', 'model_version.version'])
    .where('model_version.model_id', '=', modelId)
    .where('stage', 'in', FOLLOWED)
    .orderBy('model_version.version')
    .execute();
}

/** The versions of a model that stand in a stage. */
export async function versionsInStage(ctx: Ctx, modelId: string, stage: Stage): Promise<number[]> {
  const rows = await liveVersions(ctx)
    .select('model_version.version')
    .where('model_version.model_id', '=', modelId)
    .where('stage', '=', stage)
    .execute();
  return rows.map(({ version }) => version);
}

export async function putVersionTags(
  tx: Tx,
  modelId: string,
  version: number,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = Object.entries(tags).map(([key, value]) => ({
    workspace: tx.workspace,
    model_id: modelId,
    version,
    key,
    value,
  }));
  if (rows.length === 0) return;
  await tables(tx)
    .insertInto('model_version_tag')
    .values(rows)
    .onConflict((on) =>
      on
        .columns(['workspace', 'model_id', 'version', 'key'])
        .doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    )
    .execute();
}

/** Whether there was such a tag. */
export async function removeVersionTag(
  tx: Tx,
  modelId: string,
  version: number,
  key: string,
): Promise<boolean> {
  const { numDeletedRows } = await tables(tx)
    .deleteFrom('model_version_tag')
    .where('workspace', '=', tx.workspace)
    .where('model_id', '=', modelId)
    .where('version', '=', version)
    .where('key', '=', key)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** The newest version of each stage of each model. */
export async function latestVersions(
  ctx: Ctx,
  modelIds: readonly string[],
): Promise<Map<string, ModelVersion[]>> {
  const newest = new Map<string, ModelVersion[]>(modelIds.map((id) => [id, []]));
  if (modelIds.length === 0) return newest;
  const numbers = await tables(ctx)
    .selectFrom('model_version')
    .select((eb) => ['model_id', eb.fn.max('version').as('version')])
    .where('workspace', '=', ctx.workspace)
    .where('model_id', 'in', [...modelIds])
    .where('deleted_at', 'is', null)
    .groupBy(['model_id', 'stage'])
    .execute();
  if (numbers.length === 0) return newest;
  const pairs = sql.join(
    numbers.map(({ model_id, version }) => sql`(${model_id}, ${sql.raw(String(Number(version)))})`),
  );
  const rows = await liveVersions(ctx)
    .selectAll('model_version')
    .select(['model.name', 'model.ref'])
    .where(sql<SqlBool>`(model_version.model_id, model_version.version) in (values ${pairs})`)
    .execute();
  const nouns = await toVersions(ctx, rows);
  rows.forEach((row, i) => newest.get(row.model_id)!.push(nouns[i]!));
  return newest;
}

export async function versionsOfLoggedModel(ctx: Ctx, id: string): Promise<ModelVersion[]> {
  const rows = await liveVersions(ctx)
    .selectAll('model_version')
    .select(['model.name', 'model.ref'])
    .where('logged_model_id', '=', id)
    .orderBy('model.name')
    .orderBy('model_version.version')
    .execute();
  return toVersions(ctx, rows);
}

/** Rows as nouns, with tags and aliases; two queries for each thousand. */
export async function toVersions(ctx: Ctx, rows: readonly NamedVersion[]): Promise<ModelVersion[]> {
  const nouns: ModelVersion[] = [];
  for await (const portion of inPortions(rows, 1000)) nouns.push(...(await someVersions(ctx, portion)));
  return nouns;
}

async function someVersions(ctx: Ctx, rows: readonly NamedVersion[]): Promise<ModelVersion[]> {
  const ids = [...new Set(rows.map(({ model_id }) => model_id))];
  const room = tables(ctx);
  const low = Math.min(...rows.map(({ version }) => version));
  const high = Math.max(...rows.map(({ version }) => version));
  const [tags, aliases] = await Promise.all([
    room
      .selectFrom('model_version_tag')
      .select(['model_id', 'version', 'key', 'value'])
      .where('workspace', '=', ctx.workspace)
      .where('model_id', 'in', ids)
      .where('version', '>=', low)
      .where('version', '<=', high)
      .orderBy('key')
      .execute(),
    room
      .selectFrom('model_alias')
      .select(['model_id', 'alias', 'version'])
      .where('workspace', '=', ctx.workspace)
      .where('model_id', 'in', ids)
      .orderBy('alias')
      .execute(),
  ]);
  const key = (row: { model_id: string; version: number }): string => `${row.model_id}/${row.version}`;
  const tagsOf = Map.groupBy(tags, key);
  const aliasesOf = Map.groupBy(aliases, key);
  return rows.map((row) => ({
    ref: versionRef(row.ref, row.version),
    model: row.name,
    version: row.version,
    ...(row.description === null ? {} : { description: row.description }),
    source: row.source,
    ...(row.run_id === null ? {} : { run_id: row.run_id }),
    ...(row.run_link === null ? {} : { run_link: row.run_link }),
    ...(row.logged_model_id === null ? {} : { logged_model_id: row.logged_model_id }),
    stage: toStage(row.stage),
    created_at: row.created_at,
    updated_at: row.updated_at,
    created_by: row.created_by,
    aliases: (aliasesOf.get(key(row)) ?? []).map(({ alias }) => alias),
    tags: Object.fromEntries((tagsOf.get(key(row)) ?? []).map((tag) => [tag.key, tag.value])),
    // Written by this room as JSON of exactly this shape.
    ...(row.facts === null ? {} : { facts: JSON.parse(row.facts) as ModelFacts }),
  }));
}

export async function toVersion(ctx: Ctx, row: NamedVersion): Promise<ModelVersion> {
  return (await toVersions(ctx, [row]))[0]!;
}

function toStage(text: string): Stage {
  const stage = STAGES.find((one) => one === text);
  if (stage === undefined) throw new Error(`the table of versions holds an unknown stage '${text}'`);
  return stage;
}

/** The newest version's number; of one stage where one is named, in any case. */
export async function latestNumber(ctx: Ctx, modelId: string, stage?: string): Promise<number | undefined> {
  let query = liveVersions(ctx).where('model_version.model_id', '=', modelId);
  if (stage !== undefined)
    query = query.where((eb) => eb(eb.fn<string>('lower', ['stage']), '=', stage.toLowerCase()));
  const { version } = await query
    .select((eb) => eb.fn.max('model_version.version').as('version'))
    .executeTakeFirstOrThrow();
  return version === null ? undefined : Number(version);
}
