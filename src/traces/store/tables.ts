import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import type { TraceTables } from '../schema.ts';

export const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<TraceTables>();

/** An id that the outside writes as text. An id that is no number names nothing. */
export const experimentNumber = (id: string): number => (/^\d{1,15}$/.test(id) ? Number(id) : -1);

/** Lists in pieces that fit one statement. */
export function* pieces<T>(items: readonly T[], size = 500): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/**
 * A transaction in which writers of one workspace's traces take turns, where the database would let them pass each other: a trace is
 * read, and written back whole; a word is looked for, and made.
 */
export const writeTraces = <T>(ctx: Ctx, work: (tx: Tx) => Promise<T>): Promise<T> =>
  ctx.write(async (tx) => {
    await tx.dialect.sequenceLock(`traces:${tx.workspace}`)?.execute(tx.db);
    return work(tx);
  });
