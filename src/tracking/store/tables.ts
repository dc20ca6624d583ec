import { inPortions } from '../../platform/aside/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { TrackingTables } from '../schema.ts';

export const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<TrackingTables>();

/** The same tables for long reads. */
export const scanTables = (ctx: Pick<Ctx, 'scan'>) => ctx.scan.$extendTables<TrackingTables>();

/** An id that the outside writes as text. An id that is no number names nothing. */
export const experimentNumber = (id: string): number => (/^\d{1,15}$/.test(id) ? Number(id) : -1);

/** Lists of ids in pieces that fit one statement. */
export function* pieces<T>(items: readonly T[], size = 1000): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Rows that are gone through in one turn. */
export const PORTION = 2000;

/** In a loop: half a million rows are too many arguments of one call. */
export async function append<T>(list: T[], items: readonly T[]): Promise<void> {
  for await (const portion of inPortions(items, PORTION)) list.push(...portion);
}

/** Runs whose parts are read on the loop, and rows of them: a run may have any number. */
const FEW = 20;
const SHORT = 2000;

interface Query<R> {
  limit(count: number): Query<R>;
  execute(): Promise<R[]>;
}

/** Rows of the parts of runs: on the loop where they are few, else beside it. */
export async function readParts<R>(
  ctx: Ctx,
  runs: number,
  query: (db: ReturnType<typeof tables>) => Query<R>,
): Promise<R[]> {
  // What a transaction has written only it can see.
  const within = 'afterCommit' in ctx;
  if (within) return query(tables(ctx)).execute();
  if (runs <= FEW) {
    const rows = await query(tables(ctx))
      .limit(SHORT + 1)
      .execute();
    if (rows.length <= SHORT) return rows;
  }
  return query(scanTables(ctx)).execute();
}
