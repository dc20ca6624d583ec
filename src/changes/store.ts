// All SQL of the room.
import type { Selectable, Updateable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { ChangeTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<ChangeTables>();
export type ProposalRow = Selectable<ChangeTables['dataset_proposal']>;
export type CheckRow = Selectable<ChangeTables['change_check']>;
type WhenRow = Selectable<ChangeTables['pipeline_when']>;

export const selectWhens = (ctx: Ctx): Promise<WhenRow[]> =>
  tables(ctx)
    .selectFrom('pipeline_when')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .orderBy('pipeline')
    .execute();

/** Executions sort by their time, and of two files the later one counts, whichever is read first. */
export async function saveWhen(
  tx: Tx,
  { pipeline, execution, said }: Omit<WhenRow, 'workspace'>,
): Promise<void> {
  await tables(tx)
    .insertInto('pipeline_when')
    .values({ workspace: tx.workspace, pipeline, execution, said })
    .onConflict((on) =>
      on
        .columns(['workspace', 'pipeline'])
        .doUpdateSet({ execution, said })
        .where('pipeline_when.execution', '<=', execution),
    )
    .execute();
}

const proposals = (ctx: Ctx) =>
  tables(ctx).selectFrom('dataset_proposal').selectAll().where('workspace', '=', ctx.workspace);

export async function requireProposal(
  ctx: Ctx,
  dataset: { id: string; name: string },
  number: number,
): Promise<ProposalRow> {
  const row = await proposals(ctx)
    .where('dataset', '=', dataset.id)
    .where('number', '=', number)
    .executeTakeFirst();
  if (row) return row;
  throw missing(`dataset '${dataset.name}' has no proposal ${number}`, {
    field: 'number',
    hint: `list them with: treadle data proposals ${dataset.name}`,
  });
}

export const selectOpenOfBranch = (ctx: Ctx, dataset: string, branch: string): Promise<ProposalRow[]> =>
  proposals(ctx)
    .where('dataset', '=', dataset)
    .where('branch', '=', branch)
    .where('state', '=', 'open')
    .orderBy('number')
    .execute();

export const selectProposals = (
  ctx: Ctx,
  dataset: string,
  { state, before, limit }: { state?: string | undefined; before?: number | undefined; limit: number },
): Promise<ProposalRow[]> =>
  proposals(ctx)
    .where('dataset', '=', dataset)
    .$if(state !== undefined, (query) => query.where('state', '=', state!))
    .$if(before !== undefined, (query) => query.where('number', '<', before!))
    .orderBy('number', 'desc')
    .limit(limit)
    .execute();

export async function nextProposal(tx: Tx, dataset: string): Promise<number> {
  const row = await tables(tx)
    .selectFrom('dataset_proposal')
    .select(({ fn }) => fn.max('number').as('last'))
    .where('workspace', '=', tx.workspace)
    .where('dataset', '=', dataset)
    .executeTakeFirst();
  return Number(row?.last ?? 0) + 1;
}

export async function insertProposal(tx: Tx, row: ProposalRow): Promise<void> {
  await tables(tx).insertInto('dataset_proposal').values(row).execute();
}

/** False where it is not open any more. */
export async function changeProposal(
  tx: Tx,
  id: string,
  change: Updateable<ChangeTables['dataset_proposal']>,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('dataset_proposal')
    .set({ ...change, updated_at: tx.clock.now() })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .where('state', '=', 'open')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** With what was said of them. */
export async function deleteProposals(tx: Tx, dataset: string): Promise<void> {
  await tables(tx)
    .deleteFrom('change_check')
    .where('workspace', '=', tx.workspace)
    .where('proposal', 'in', (eb) =>
      eb
        .selectFrom('dataset_proposal')
        .select('id')
        .where('workspace', '=', tx.workspace)
        .where('dataset', '=', dataset),
    )
    .execute();
  await tables(tx)
    .deleteFrom('dataset_proposal')
    .where('workspace', '=', tx.workspace)
    .where('dataset', '=', dataset)
    .execute();
}

/** False where this pipeline checks this occurrence already. */
export async function insertCheck(tx: Tx, row: CheckRow): Promise<boolean> {
  const rows = await tables(tx)
    .insertInto('change_check')
    .values(row)
    .onConflict((on) => on.columns(['workspace', 'pipeline', 'kind', 'occurrence']).doNothing())
    .returning('id')
    .execute();
  return rows.length > 0;
}

const checks = (ctx: Ctx) =>
  tables(ctx).selectFrom('change_check').selectAll().where('workspace', '=', ctx.workspace);

export const findCheck = (ctx: Ctx, id: string): Promise<CheckRow | undefined> =>
  checks(ctx).where('id', '=', id).executeTakeFirst();

export const findCheckOfExecution = (ctx: Ctx, execution: string): Promise<CheckRow | undefined> =>
  checks(ctx).where('execution', '=', execution).executeTakeFirst();

export const selectChecks = (ctx: Ctx, kind: string, occurrence: string): Promise<CheckRow[]> =>
  checks(ctx).where('kind', '=', kind).where('occurrence', '=', occurrence).orderBy('pipeline').execute();

/** Checks of one proposal that are shown besides those that count, newest first. */
const MOST_BEFORE = 50;

export const selectChecksBefore = (ctx: Ctx, proposal: string, occurrence: string): Promise<CheckRow[]> =>
  checks(ctx)
    .where('proposal', '=', proposal)
    .where('occurrence', '!=', occurrence)
    .orderBy('id', 'desc')
    .limit(MOST_BEFORE)
    .execute();

export async function changeCheck(
  tx: Tx,
  { id, state }: Pick<CheckRow, 'id' | 'state'>,
  change: Updateable<ChangeTables['change_check']>,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('change_check')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .where('state', '=', state)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
