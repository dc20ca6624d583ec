import type { RunRow } from '../../../src/tracking/contract.ts';
import { columnParts } from './run-columns.ts';

/** What a run is grouped by, as the server does it, in words. Pure. */
export function groupOf(run: RunRow, by: string): string {
  const parts = columnParts(by);
  if (parts && parts.kind !== 'metrics') return run[parts.kind][parts.key] ?? 'none';
  if (by === 'user_id') return run.user;
  if (by === 'verdict') return run.outcome?.verdict ?? 'none';
  return run.status;
}
