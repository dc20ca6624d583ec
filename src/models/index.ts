export { compareVersions } from './compare-versions.ts';
export type {
  Alias,
  LoggedModel,
  LoggedModelStatus,
  Model,
  ModelFacts,
  ModelFile,
  ModelMetric,
  ModelVersion,
  Signature as ModelSignature,
  Stage,
  VersionDetail,
} from './contract.ts';
export { createLoggedModel, type NewLoggedModel } from './create-logged-model.ts';
export { createModel, type NewModel } from './create-model.ts';
export { createVersion, type NewVersion } from './create-version.ts';
export { deleteAlias } from './delete-alias.ts';
export { deleteLoggedModel, restoreLoggedModel } from './delete-logged-model.ts';
export { deleteModel } from './delete-model.ts';
export { deleteVersion } from './delete-version.ts';
export { finalizeLoggedModel } from './finalize-logged-model.ts';
export { listLoggedModelFolder, listModelFiles, openLoggedModelFile, openVersionFile } from './files.ts';
export { versionNumber } from './find-version.ts';
export { getLoggedModel, getModel, getVersion, getVersionLocation, latestVersionsOf } from './get-model.ts';
export { followersOf } from './followed-files.ts';
export { holdVersion } from './hold-version.ts';
export {
  askGuards,
  NEEDS_APPROVAL,
  NOT_YET,
  type MovedVersion,
  type MoveGuard,
  type VersionMove,
} from './move-guard.ts';
export { versionContent, type VersionContent } from './version-content.ts';
export { logModelMetrics } from './log-model-metrics.ts';
export { logModelParams } from './log-model-params.ts';
export { deleteLoggedModelTag, setLoggedModelTags } from './logged-model-tags.ts';
export { deleteModelTag, setModelTag } from './model-tags.ts';
export { neededByModels, purgeLoggedModels } from './purge.ts';
export { readMlmodel } from './read-mlmodel.ts';
export { modelRoutes } from './routes.ts';
export { migrations } from './schema.ts';
export { searchLoggedModels } from './search-logged-models.ts';
export { searchModels, searchVersions } from './search-registry.ts';
export { setAlias } from './set-alias.ts';
export { countModels, nameToday, PROMPT_TAG } from './store.ts';
export { tellModelVersions, type ModelVersionFacts } from './told.ts';
export { updateModel } from './update-model.ts';
export { updateVersion } from './update-version.ts';
export { versionDetail } from './version-detail.ts';
export type { VersionUse, VersionUser } from './version-users.ts';
export { deleteVersionTag, setVersionTag } from './version-tags.ts';
export { loggedModelVocabulary, modelVocabulary, versionVocabulary } from './vocabulary.ts';
export { eventSubjects, subjects } from './subjects.ts';
