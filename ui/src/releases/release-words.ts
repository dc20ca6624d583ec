import type { Release } from '../../../src/releases/contract.ts';

/** How releases are spoken of, and which of the loaded ones come first. Pure. */

/** `gate, then flight-delay`: what was asked for. */
export function wayOf({ gate, endpoint }: Pick<Release, 'gate' | 'endpoint'>): string {
  if (gate && endpoint !== undefined) return `gate, then ${endpoint}`;
  return endpoint ?? 'gate';
}

/** Who asked for it. */
export const askedBy = ({ execution, created_by }: Pick<Release, 'execution' | 'created_by'>): string =>
  execution ? `${execution.pipeline} #${execution.number}` : created_by;

/** `state`, `-when`: a column of the table, with a minus for the other way round. */
export function sortOf(text: string | undefined): { id: string; desc: boolean } | undefined {
  if (text === undefined || text === '') return undefined;
  return text.startsWith('-') ? { id: text.slice(1), desc: true } : { id: text, desc: false };
}
export const sortText = (sort: { id: string; desc: boolean } | undefined): string | undefined =>
  sort && `${sort.desc ? '-' : ''}${sort.id}`;
