import type { Ctx } from '../platform/ctx/index.ts';
import { everyTrace } from './search-traces.ts';

export interface Correlation {
  /** From −1, never together, over 0, independent, to 1, always together; NaN where one of the filters passes nothing. */
  npmi: number;
  /** The same with half a trace added to each cell: steadier for few. */
  smoothed: number;
  first: number;
  second: number;
  both: number;
  all: number;
}

/** How far two filters go together, among traces that pass a third: normalized pointwise mutual information. */
export async function correlate(
  ctx: Ctx,
  experiments: readonly string[],
  first: string,
  second: string,
  base: string | undefined,
): Promise<Correlation> {
  const within = base === undefined || base.trim() === '' ? undefined : base;
  const and = (filter: string): string => (within === undefined ? filter : `(${within}) AND (${filter})`);
  const numbers = async (filter: string | undefined): Promise<Set<number>> => {
    const found = new Set<number>();
    for await (const { n } of everyTrace(ctx, experiments, filter)) found.add(n);
    return found;
  };
  const all = await numbers(within);
  const one = await numbers(and(first));
  const other = await numbers(and(second));
  const both = one.intersection(other).size;
  const counts = { both, first: one.size, second: other.size, all: all.size };
  return { ...counts, ...npmiOf(counts) };
}

export function npmiOf({
  both,
  first,
  second,
  all,
}: Pick<Correlation, 'both' | 'first' | 'second' | 'all'>): Pick<Correlation, 'npmi' | 'smoothed'> {
  const cells = [both, first - both, second - both, all - first - second + both] as const;
  if (all <= 0 || first === 0 || second === 0 || Math.min(...cells) < 0)
    return { npmi: Number.NaN, smoothed: Number.NaN };
  const of = (more: number): number => {
    const [together, alone, other, neither] = cells.map((cell) => cell + more) as [
      number,
      number,
      number,
      number,
    ];
    const sum = together + alone + other + neither;
    const p = together / sum;
    const pmi = Math.log(p) - Math.log((together + alone) / sum) - Math.log((together + other) / sum);
    const bound = -Math.log(p);
    return bound === 0 ? 1 : Math.max(-1, Math.min(1, pmi / bound));
  };
  return { npmi: both === 0 ? -1 : of(0), smoothed: of(0.5) };
}
