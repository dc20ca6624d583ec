import { sql, type ExpressionBuilder, type Selectable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, missing } from '../platform/errors/index.ts';
import type { Alias } from './contract.ts';
import type { ModelTables } from './schema.ts';

/** Registered models, their tags and aliases. Versions are in `store-versions.ts`. */
export type ModelRow = Selectable<ModelTables['model']>;

export const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<ModelTables>();

/** MLflow keeps prompts as models with this tag; a list of models does not show them. */
export const PROMPT_TAG = 'mlflow.prompt.is_prompt';

export async function findModel(ctx: Ctx, name: string): Promise<ModelRow | undefined> {
  return await tables(ctx)
    .selectFrom('model')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

export async function findModels(ctx: Ctx, names: readonly string[]): Promise<ModelRow[]> {
  if (names.length === 0) return [];
  return await tables(ctx)
    .selectFrom('model')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('name', 'in', [...names])
    .where('deleted_at', 'is', null)
    .execute();
}

export async function requireModel(ctx: Ctx, name: string): Promise<ModelRow> {
  return (await findModel(ctx, name)) ?? notThere(name);
}

/**
 * What the model is called today that was made under this name: a page, an endpoint or a prediction from before it was renamed leads to
 * it. A model that has the name now comes first.
 */
export async function nameToday(ctx: Ctx, name: string): Promise<string> {
  return (await findModel(ctx, name)) ? name : ((await nameOfRef(ctx, name)) ?? name);
}

/** What a model is called today, by what it is called for ever. */
export async function nameOfRef(ctx: Ctx, ref: string): Promise<string | undefined> {
  const found = await tables(ctx)
    .selectFrom('model')
    .select('name')
    .where('workspace', '=', ctx.workspace)
    .where('ref', '=', ref)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return found?.name;
}

/**
 * The model, its row held until the transaction ends: whoever changes versions or aliases takes it first, so that
 * on every database an alias cannot be set on a version that is just being deleted. `updated` marks it as changed.
 */
export async function holdModel(tx: Tx, name: string, updated?: number): Promise<ModelRow> {
  const row = await tables(tx)
    .updateTable('model')
    .set((eb) => ({ updated_at: updated === undefined ? eb.ref('updated_at') : eb.val(updated) }))
    .where('workspace', '=', tx.workspace)
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row ?? notThere(name);
}

function notThere(name: string): never {
  throw missing(`there is no registered model '${name}'`, {
    field: 'name',
    hint: 'list them with: treadle models ls',
  });
}

/** Inserts a model under a ref that was never used in this workspace. */
export async function insertModel(tx: Tx, row: Omit<ModelRow, 'ref'>): Promise<ModelRow> {
  const { used } = await tables(tx)
    .selectFrom('model')
    .select((eb) => eb.fn.countAll().as('used'))
    .where('workspace', '=', tx.workspace)
    .where((eb) =>
      eb.or([eb('ref', '=', row.name), eb('ref', 'like', `${row.name.replaceAll(/[%_]/g, '_')}:%`)]),
    )
    .executeTakeFirstOrThrow();
  // A name holds no colon, so `flights:2` cannot be anybody's name. Counting too many only skips a number.
  const ref = Number(used) === 0 ? row.name : `${row.name}:${Number(used) + 1}`;
  const inserted = await tables(tx)
    .insertInto('model')
    .values({ ...row, ref })
    .onConflict((on) => on.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!inserted) throw nameTaken(row.name);
  return inserted;
}

export const nameTaken = (name: string) =>
  conflict(`a registered model '${name}' exists already`, {
    field: 'name',
    hint: 'choose another name, or add a version to it',
    code: 'model-exists',
  });

export async function updateModelRow(
  tx: Tx,
  id: string,
  change: Partial<Pick<ModelRow, 'name' | 'description' | 'updated_at' | 'deleted_at'>>,
): Promise<void> {
  await tables(tx)
    .updateTable('model')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

/** The next version number of a model; given once. */
export async function nextVersion(tx: Tx, id: string): Promise<number> {
  const { last_version } = await tables(tx)
    .updateTable('model')
    .set((eb) => ({ last_version: eb('last_version', '+', 1) }))
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .returning('last_version')
    .executeTakeFirstOrThrow();
  return Number(last_version);
}

export async function putModelTags(
  tx: Tx,
  modelId: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = Object.entries(tags).map(([key, value]) => ({
    workspace: tx.workspace,
    model_id: modelId,
    key,
    value,
  }));
  if (rows.length === 0) return;
  await tables(tx)
    .insertInto('model_tag')
    .values(rows)
    .onConflict((on) =>
      on.columns(['workspace', 'model_id', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    )
    .execute();
}

/** Whether there was such a tag. */
export async function removeModelTag(tx: Tx, modelId: string, key: string): Promise<boolean> {
  const { numDeletedRows } = await tables(tx)
    .deleteFrom('model_tag')
    .where('workspace', '=', tx.workspace)
    .where('model_id', '=', modelId)
    .where('key', '=', key)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function aliasesOf(ctx: Ctx, modelId: string): Promise<Alias[]> {
  return await tables(ctx)
    .selectFrom('model_alias')
    .select(['alias', 'version'])
    .where('workspace', '=', ctx.workspace)
    .where('model_id', '=', modelId)
    .orderBy('alias')
    .execute();
}

export async function aliasVersion(ctx: Ctx, modelId: string, alias: string): Promise<number | undefined> {
  const row = await tables(ctx)
    .selectFrom('model_alias')
    .select('version')
    .where('workspace', '=', ctx.workspace)
    .where('model_id', '=', modelId)
    .where('alias', '=', alias)
    .executeTakeFirst();
  return row?.version;
}

export async function putAlias(tx: Tx, modelId: string, alias: string, version: number): Promise<void> {
  await tables(tx)
    .insertInto('model_alias')
    .values({ workspace: tx.workspace, model_id: modelId, alias, version })
    .onConflict((on) => on.columns(['workspace', 'model_id', 'alias']).doUpdateSet({ version }))
    .execute();
}

/** The removed aliases. */
export async function removeAliases(
  tx: Tx,
  modelId: string,
  which: { alias: string } | { version: number },
): Promise<Alias[]> {
  return await tables(tx)
    .deleteFrom('model_alias')
    .where('workspace', '=', tx.workspace)
    .where('model_id', '=', modelId)
    .where((eb) => ('alias' in which ? eb('alias', '=', which.alias) : eb('version', '=', which.version)))
    .returning(['alias', 'version'])
    .execute();
}

/** Deletes a model's versions, tags and aliases; its own row stays as the holder of its ref. Returns how many versions there were. */
export async function purgeModel(tx: Tx, modelId: string, at: number): Promise<number> {
  const room = tables(tx);
  await room
    .deleteFrom('model_alias')
    .where('workspace', '=', tx.workspace)
    .where('model_id', '=', modelId)
    .execute();
  await room
    .deleteFrom('model_tag')
    .where('workspace', '=', tx.workspace)
    .where('model_id', '=', modelId)
    .execute();
  await room
    .deleteFrom('model_version_tag')
    .where('workspace', '=', tx.workspace)
    .where('model_id', '=', modelId)
    .execute();
  const gone = await room
    .deleteFrom('model_version')
    .where('workspace', '=', tx.workspace)
    .where('model_id', '=', modelId)
    .returning('deleted_at')
    .execute();
  await updateModelRow(tx, modelId, { deleted_at: at, description: null });
  return gone.filter(({ deleted_at }) => deleted_at === null).length;
}

export const modelRef = (ref: string): string => `model:${ref}`;
export const versionRef = (ref: string, version: number): string => `model_version:${ref}/${version}`;

/** True for models that hold prompts. `id` is the column of the model's id in the query around it. */
export const isPrompt = (eb: ExpressionBuilder<ModelTables, 'model'>) =>
  eb.exists(
    eb
      .selectFrom('model_tag')
      .select(sql`1`.as('one'))
      .whereRef('model_tag.workspace', '=', 'model.workspace')
      .whereRef('model_tag.model_id', '=', 'model.id')
      .where('model_tag.key', '=', PROMPT_TAG)
      .where('model_tag.value', '=', 'true'),
  );

/** How many models this workspace has, and how many versions of them. */
export async function countModels(ctx: Ctx): Promise<{ models: number; versions: number }> {
  const scan = ctx.scan.$extendTables<ModelTables>();
  const [{ models }, { versions }] = await Promise.all([
    scan
      .selectFrom('model')
      .select((eb) => eb.fn.countAll().as('models'))
      .where('workspace', '=', ctx.workspace)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow(),
    scan
      .selectFrom('model_version')
      .select((eb) => eb.fn.countAll().as('versions'))
      .where('workspace', '=', ctx.workspace)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow(),
  ]);
  return { models: Number(models), versions: Number(versions) };
}
