import { CompiledQuery, sql, type Selectable } from 'kysely';
import type { Ctx, Tx } from '../ctx/index.ts';
import type { DeliveredEvent, DomainEvent } from './event.ts';
import type { EventTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<EventTables>();

/** The lock that orders everything numbered without gaps. The ledger takes the same one, so the two can never deadlock. */
export const SEQUENCE = 'treadle.sequence';

export async function insertEvent(tx: Tx, event: DomainEvent): Promise<void> {
  const lock = tx.dialect.sequenceLock(SEQUENCE);
  if (lock) await lock.execute(tx.db);
  const p = [1, 2, 3, 4, 5, 6].map((n) => tx.dialect.placeholder(n));
  // Written by hand: every change passes here, and the query builder costs more than the insert.
  // The newest row is never pruned, so its number is the head of the sequence.
  await tx.db.executeQuery(
    CompiledQuery.raw(
      `insert into event (seq, workspace, type, subject, actor, time, data)
       values ((select coalesce(max(seq), 0) + 1 from event), ${p.join(', ')})`,
      [
        tx.workspace,
        event.type,
        event.subject,
        tx.actor.name,
        tx.clock.now(),
        event.data === undefined ? null : JSON.stringify(event.data),
      ],
    ),
  );
}

/** The newest and the oldest number that are kept; 0 and 1 when nothing ever happened. */
export async function selectBounds(ctx: Pick<Ctx, 'db'>): Promise<{ first: number; last: number }> {
  // Two sub-queries: with both in one, SQLite reads the whole table.
  const row = (
    await sql<{
      first: number | null;
      last: number | null;
    }>`select (select min(seq) from event) as first, (select max(seq) from event) as last`.execute(ctx.db)
  ).rows[0];
  return { first: row?.first ?? 1, last: row?.last ?? 0 };
}

export async function selectAfter(ctx: Ctx, after: number, limit: number): Promise<DeliveredEvent[]> {
  const rows = await tables(ctx)
    .selectFrom('event')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(toEvent);
}

/** Of all workspaces: the tail hands each stream what is its own. */
export async function selectAll(
  ctx: Pick<Ctx, 'db'>,
  after: number,
  limit: number,
): Promise<DeliveredEvent[]> {
  const rows = await tables(ctx)
    .selectFrom('event')
    .selectAll()
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(toEvent);
}

/** Of all workspaces: a subscriber works for the house and enters each event's workspace to handle it. */
export async function selectPending(
  ctx: Pick<Ctx, 'db'>,
  subscriber: string,
  types: readonly string[],
  limit: number,
): Promise<DeliveredEvent[]> {
  const rows = await tables(ctx)
    .selectFrom('event')
    .selectAll()
    .where('seq', '>', (eb) =>
      eb.selectFrom('event_cursor').select('seq').where('subscriber', '=', subscriber),
    )
    .$if(!types.includes('*'), (query) => query.where('type', 'in', types))
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(toEvent);
}

/** A subscriber that is new hears what happens from now on. */
export async function ensureCursor(tx: Tx, subscriber: string): Promise<void> {
  const { last } = await selectBounds(tx);
  await tables(tx)
    .insertInto('event_cursor')
    .values({ subscriber, seq: last })
    .onConflict((on) => on.doNothing())
    .execute();
}

/** Takes the cursor for this transaction; false when another process holds it. */
export async function claimCursor(tx: Tx, subscriber: string): Promise<boolean> {
  const rows = await sql<{
    seq: number;
  }>`select seq from event_cursor where subscriber = ${subscriber} ${tx.dialect.forUpdateSkipLocked}`.execute(
    tx.db,
  );
  return rows.rows.length === 1;
}

/** Only ever forward; false when it is there or beyond already. */
export async function moveCursor(tx: Tx, subscriber: string, seq: number): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('event_cursor')
    .set({ seq })
    .where('subscriber', '=', subscriber)
    .where('seq', '<', seq)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function insertParked(tx: Tx, subscriber: string, seq: number, error: string): Promise<void> {
  await tables(tx)
    .insertInto('event_parked')
    .values({ subscriber, seq, time: tx.clock.now(), error })
    .onConflict((on) => on.doNothing())
    .execute();
}

/** Deletes events older than `before` that no subscriber waits for; the newest row stays as the head of the sequence. */
export async function deleteOld(tx: Tx, before: number, below: number, limit: number): Promise<number> {
  const result = await tables(tx)
    .deleteFrom('event')
    .where('seq', 'in', (eb) =>
      eb
        .selectFrom('event')
        .select('seq')
        .where('time', '<', before)
        .where('seq', '<', below)
        .orderBy('seq')
        .limit(limit),
    )
    .where('seq', '<', (eb) => eb.selectFrom('event').select((max) => max.fn.max('seq').as('last')))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

function toEvent({ data, ...row }: Selectable<EventTables['event']>): DeliveredEvent {
  if (data === null) return row;
  const parsed: unknown = JSON.parse(data);
  return typeof parsed === 'object' && parsed !== null ? { ...row, data: parsed } : row;
}
