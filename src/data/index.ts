export { commitVersion, type CommitInput } from './commit-version.ts';
export { countRows } from './count-rows.ts';
export type { DatasetVersion, FileInput, TableProfile } from './contract.ts';
export { deleteDataset, deleteVersion } from './delete-version.ts';
export { openDvcRemote, type DvcRemote } from './dvc/remote.ts';
export { diffTrees, type TreeDiff } from './diff-versions.ts';
export { compareBranches, mergeBranch, type Standing } from './merge-branch.ts';
export { materialiseVersion, type MaterialiseOptions } from './materialise-version.ts';
export { parseRef } from './parse-ref.ts';
export { profileJob } from './profile-version.ts';
export { walk as walkFiles } from './read-tree.ts';
export { resolveRef } from './resolve-ref.ts';
export { dataRoutes } from './routes.ts';
export { sampleVersion, shareText, type Sample } from './sample/sample-version.ts';
export { migrations } from './schema.ts';
export {
  countDatasets,
  findDataset,
  lockDatasets,
  requireDataset,
  selectVersion as findDatasetVersion,
} from './store.ts';
export type { Call, OpenedTable, TableFunction } from './table-functions.ts';
export { tellVersions, type DatasetVersionFacts } from './told.ts';
export { blobUser } from './uses.ts';
export { eventSubjects, subjects } from './subjects.ts';
