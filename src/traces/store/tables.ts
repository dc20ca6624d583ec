import type { Ctx } from '../../platform/ctx/index.ts';
import type { TraceTables } from '../schema.ts';

export const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<TraceTables>();

/** An id that the outside writes as text. An id that is no number names nothing. */
export const experimentNumber = (id: string): number => (/^\d{1,15}$/.test(id) ? Number(id) : -1);

/** Lists in pieces that fit one statement. */
export function* pieces<T>(items: readonly T[], size = 500): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
