import type { TableFunction } from '../data/index.ts';
import type { Serving } from '../serving/index.ts';
import { predictionsTable } from './predictions.ts';

export interface Monitoring {
  /** What queries may call as tables. */
  functions: readonly TableFunction[];
}

/** The room with what it needs handed in. */
export const openMonitoring = (parts: { serving: Pick<Serving, 'recorded'> }): Monitoring => ({
  functions: [predictionsTable(parts.serving)],
});
