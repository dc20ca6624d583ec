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
