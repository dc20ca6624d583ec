import type { Ctx } from '../platform/ctx/index.ts';
import { selectDatasetsOf, type DatasetSummary } from './store/inputs.ts';

const MOST = 1000;

/** Which datasets the runs of these experiments read, and as what: a thousand at most. */
export const listDatasets = (ctx: Ctx, experiments: readonly string[]): Promise<DatasetSummary[]> =>
  selectDatasetsOf(ctx, experiments.map(Number).filter(Number.isSafeInteger), MOST);
