import type { Ctx } from '../platform/ctx/index.ts';
import { selectNames } from './store.ts';

export interface Named {
  id: string;
  dataset: string;
  version?: string;
}

/** What the ids of datasets and versions are called, as the ledger knows only ids. Unknown ids are left out. */
export function nameIds(ctx: Ctx, ids: string): Promise<Named[]> {
  return selectNames(ctx, [...new Set(ids.split(','))].slice(0, 200));
}
