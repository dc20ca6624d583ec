export { commitVersion, type CommitInput } from './commit-version.ts';
export type { DatasetVersion, FileInput, TableProfile } from './contract.ts';
export { createDuck, type Duck } from './duck/duck.ts';
export { materialiseVersion, type MaterialiseOptions } from './materialise-version.ts';
export { profileJob } from './profile-version.ts';
export { resolveRef } from './resolve-ref.ts';
export { dataRoutes } from './routes.ts';
export { migrations } from './schema.ts';
export { countDatasets } from './store.ts';
