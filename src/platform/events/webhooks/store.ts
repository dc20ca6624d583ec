import type { Selectable } from 'kysely';
import type { Ctx, Tx } from '../../ctx/index.ts';
import { missing } from '../../errors/index.ts';
import type { EventTables } from '../schema.ts';
import type { Webhook } from './contract.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<EventTables>();
export type WebhookRow = Selectable<EventTables['webhook']>;

export async function insertWebhook(tx: Tx, row: WebhookRow): Promise<void> {
  await tables(tx).insertInto('webhook').values(row).execute();
}

export const selectWebhooks = (ctx: Ctx): Promise<WebhookRow[]> =>
  tables(ctx)
    .selectFrom('webhook')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .orderBy('id')
    .execute();

export async function selectWebhook(ctx: Ctx, id: string): Promise<WebhookRow> {
  const row = await tables(ctx)
    .selectFrom('webhook')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row)
    throw missing(`there is no webhook '${id}' in workspace '${ctx.workspace}'`, { field: 'webhook' });
  return row;
}

export async function changeWebhook(tx: Tx, id: string, change: Partial<WebhookRow>): Promise<void> {
  if (Object.keys(change).length === 0) return;
  await tables(tx)
    .updateTable('webhook')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

/** One more failed attempt, counted in the database: several deliveries end at once. */
export async function countFailure(tx: Tx, id: string, at: number): Promise<WebhookRow | undefined> {
  return tables(tx)
    .updateTable('webhook')
    .set((eb) => ({
      failures: eb('failures', '+', 1),
      failing_since: eb.fn.coalesce('failing_since', eb.val(at)),
    }))
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

export async function removeWebhook(tx: Tx, id: string): Promise<void> {
  await tables(tx).deleteFrom('webhook').where('workspace', '=', tx.workspace).where('id', '=', id).execute();
}

/** In any workspace: whether the subscriber behind all of them has anything to do. */
export async function anyWebhook(ctx: Pick<Ctx, 'db'>): Promise<boolean> {
  return (await tables(ctx).selectFrom('webhook').select('id').limit(1).executeTakeFirst()) !== undefined;
}

export async function selectEvent(ctx: Ctx, seq: number): Promise<Selectable<EventTables['event']>> {
  const row = await tables(ctx)
    .selectFrom('event')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('seq', '=', seq)
    .executeTakeFirst();
  if (!row) throw missing(`event ${seq} is no longer kept`, { field: 'seq' });
  return row;
}

export const typesOf = (row: Pick<WebhookRow, 'types'>): string[] =>
  (JSON.parse(row.types) as unknown[]).map(String);

/** Never the secret. */
export function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    ...(row.name === null ? {} : { name: row.name }),
    ...(row.description === null ? {} : { description: row.description }),
    ...(row.form === null ? {} : { form: row.form }),
    url: row.url,
    types: typesOf(row),
    enabled: row.enabled === 1,
    created_at: row.created_at,
    created_by: row.created_by,
    updated_at: row.updated_at ?? row.created_at,
    ...(row.last_at === null ? {} : { last_at: row.last_at }),
    ...(row.last_status === null ? {} : { last_status: row.last_status }),
    ...(row.last_error === null ? {} : { last_error: row.last_error }),
    failures: row.failures,
  };
}
