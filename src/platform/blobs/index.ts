export type { BlobBackend, Region, Staged } from './backend.ts';
export { requireBelonging } from './belong.ts';
export type {
  BlobContent,
  BlobHash,
  BlobInfo,
  BlobInput,
  BlobSource,
  BlobStore,
  Checked,
  Collected,
  Collecting,
  CollectOptions,
  Damage,
} from './blob-store.ts';
export { copyStore, hashFile, staleBlobs } from './copy-store.ts';
export { openDisk } from './disk.ts';
export { openBlobs } from './open-blobs.ts';
export { migrations } from './schema.ts';
export { blake3 } from './hash.ts';
export { lookOf } from './look.ts';
export { spaceBy, type Space, type SpaceReport } from './space.ts';
export {
  countBlobs,
  deletePins,
  insertPins,
  selectPinNames,
  selectPinNamesOf,
  selectPins,
  selectStoreId,
} from './store.ts';
export { readStoreId, writeStoreId } from './store-file.ts';
export { syncDirectory } from './sync-directory.ts';
export { USES_PAGE, type BlobUser, type Inner, type Use } from './uses.ts';
export { namesOf, type Broken, type Walking } from './walk-uses.ts';
