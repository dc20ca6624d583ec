export {
  deleteArtifact,
  listArtifacts,
  putArtifact,
  readArtifact,
  type ArtifactGuard,
  type Upload,
} from './artifacts.ts';
export { createExperiment, ensureDefaultExperiment, type NewExperiment } from './create-experiment.ts';
export { createRun, type NewRun } from './create-run.ts';
export { deleteExperiment, restoreExperiment } from './delete-experiment.ts';
export { deleteRun, deleteTag, isDeletedRun, restoreRun } from './delete-run.ts';
export { getExperiment, getExperimentByName } from './get-experiment.ts';
export { getManySeries } from './get-series.ts';
export { getRun, loadRuns } from './load-runs.ts';
export type { Series } from './contract.ts';
export { checkKey } from './limits.ts';
export { logBatch, type Batch } from './log-batch.ts';
export { listDatasets } from './list-datasets.ts';
export { noteModel } from './log-model.ts';
export { logInputs, logOutputs, logVersionRead, type FindVersion } from './log-inputs.ts';
export type { MetricPoint } from './log-metrics.ts';
export { metricHistory } from './metric-history.ts';
export { purgeDeleted, type NeededArtifacts, type Purged } from './purge.ts';
export { selectDeletedExperiments as deletedExperiments } from './store/purge.ts';
export type { DatasetRead, FoundVersion, ModelOutput } from './reads.ts';
export { reportResources, type ResourceReport } from './report-resources.ts';
export { declaredSize, trackingRoutes } from './routes.ts';
export { runArtifact, runFolder } from './run-artifacts.ts';
export { migrations } from './schema.ts';
export { searchExperiments, type ExperimentSearch } from './search-experiments.ts';
export { searchRuns, type RunSearch } from './search-runs.ts';
export { numbers } from './store/run-conditions.ts';
export { deleteTree as deleteFolder } from './store/artifacts.ts';
export { countByStatus, selectMaker as makerOf } from './store/runs.ts';
export { tellRuns, type RunFacts } from './told.ts';
export { updateRun, type RunChange } from './update-run.ts';
export { deleteExperimentTag, updateExperiment, type ExperimentChange } from './update-experiment.ts';
export { blobUser } from './uses.ts';
export { eventSubjects, subjects } from './subjects.ts';
