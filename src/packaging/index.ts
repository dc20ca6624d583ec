export { buildPackage, type Built, type PackageSource } from './build-package.ts';
export { fetchFiles } from './fetch-files.ts';
export { lineageDocument } from './lineage.ts';
export { openPackage, type OpenedPackage } from './open-package.ts';
export { placeFolder } from './place-folder.ts';
export { servePackage } from './serve-package.ts';
