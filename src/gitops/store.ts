// All SQL of the room.
import type { Selectable, Updateable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { GitOpsTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<GitOpsTables>();
export type SourceRow = Selectable<GitOpsTables['gitops']>;
export type AttemptRow = Selectable<GitOpsTables['gitops_attempt']>;

export const selectSources = (ctx: Ctx): Promise<SourceRow[]> =>
  tables(ctx)
    .selectFrom('gitops')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .orderBy('environment')
    .execute();

/** Of every workspace: for who looks after all of them. */
export const selectEverySource = (house: Ctx): Promise<Array<Pick<SourceRow, 'workspace' | 'environment'>>> =>
  tables(house).selectFrom('gitops').select(['workspace', 'environment']).execute();

export const findSource = (ctx: Ctx, environment: string): Promise<SourceRow | undefined> =>
  tables(ctx)
    .selectFrom('gitops')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('environment', '=', environment)
    .executeTakeFirst();

export async function requireSource(ctx: Ctx, environment: string): Promise<SourceRow> {
  const row = await findSource(ctx, environment);
  if (row) return row;
  throw missing(`environment '${environment}' follows nothing in Git`, {
    field: 'environment',
    hint: `let it: treadle gitops set ${environment} --host HOST --file FILE`,
  });
}

export async function saveSource(tx: Tx, row: SourceRow): Promise<void> {
  const {
    workspace: _workspace,
    environment: _environment,
    created_at: _at,
    created_by: _by,
    ...change
  } = row;
  await tables(tx)
    .insertInto('gitops')
    .values(row)
    .onConflict((on) => on.columns(['workspace', 'environment']).doUpdateSet(change))
    .execute();
}

export async function changeSource(
  tx: Tx,
  environment: string,
  change: Updateable<GitOpsTables['gitops']>,
): Promise<void> {
  await tables(tx)
    .updateTable('gitops')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('environment', '=', environment)
    .execute();
}

export async function removeSource(tx: Tx, environment: string): Promise<void> {
  await tables(tx)
    .deleteFrom('gitops')
    .where('workspace', '=', tx.workspace)
    .where('environment', '=', environment)
    .execute();
}

export const selectAttempts = (ctx: Ctx, environment: string): Promise<AttemptRow[]> =>
  tables(ctx)
    .selectFrom('gitops_attempt')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('environment', '=', environment)
    .orderBy('endpoint')
    .execute();

export async function saveAttempt(tx: Tx, row: AttemptRow): Promise<void> {
  const { workspace: _workspace, environment: _environment, endpoint: _endpoint, ...change } = row;
  await tables(tx)
    .insertInto('gitops_attempt')
    .values(row)
    .onConflict((on) => on.columns(['workspace', 'environment', 'endpoint']).doUpdateSet(change))
    .execute();
}

export async function noteMerge(
  tx: Tx,
  { environment, endpoint, release_id: release }: Pick<AttemptRow, 'environment' | 'endpoint' | 'release_id'>,
  said: Pick<AttemptRow, 'merge_for' | 'merge_says'>,
): Promise<void> {
  await tables(tx)
    .updateTable('gitops_attempt')
    .set(said)
    .where('workspace', '=', tx.workspace)
    .where('environment', '=', environment)
    .where('endpoint', '=', endpoint)
    .where('release_id', '=', release)
    .execute();
}

export async function removeAttempt(tx: Tx, environment: string, endpoint?: string): Promise<void> {
  let rows = tables(tx)
    .deleteFrom('gitops_attempt')
    .where('workspace', '=', tx.workspace)
    .where('environment', '=', environment);
  if (endpoint !== undefined) rows = rows.where('endpoint', '=', endpoint);
  await rows.execute();
}
