import type { Ctx } from '../platform/ctx/index.ts';
import type { Revision } from '../serving/contract.ts';
import type { Engine } from './engine.ts';
import type { ReleaseRow } from './store.ts';

export interface Use {
  current: Revision | undefined;
  /** The revision that answers, or the newest where that is just being made ready with this version. */
  revision: Revision | undefined;
  /** Its primary is this version: a canary or a shadow beside it is somebody's own, and stays. */
  answers: boolean;
  coming: boolean;
  ready: boolean;
  address: string;
}

const isPrimary = (row: ReleaseRow, revision: Revision | undefined): boolean =>
  revision?.variants.some((one) => one.role === 'champion' && one.version_ref === row.version_ref) === true;

/** How the endpoint of a release stands towards its version; undefined where there is none. */
export async function findUse(ctx: Ctx, { serving }: Engine, row: ReleaseRow): Promise<Use | undefined> {
  const found = row.endpoint === null ? undefined : await serving.find(ctx, row.endpoint);
  if (!found) return undefined;
  const { current, latest, ready, address } = found;
  const coming = latest?.state === 'preparing' && isPrimary(row, latest);
  const answers = !coming && isPrimary(row, current);
  return { current, revision: coming ? latest : current, answers, coming, ready, address };
}
