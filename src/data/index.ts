export { commitVersion, type CommitInput } from './commit-version.ts';
export type { DatasetVersion, FileInput, TableProfile } from './contract.ts';
export { materialiseVersion, type MaterialiseOptions } from './materialise-version.ts';
export { canonicalPath } from './paths.ts';
export { parseRef, resolveRef, type ParsedRef } from './resolve-ref.ts';
export { migrations } from './schema.ts';
