/** What MLflow's server says of a file by its name, whatever its sender said: pages and the R client go by it. */

const TEXT = new Set(
  'txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb MLmodel MLproject'.split(
    ' ',
  ),
);

/** Types of IANA that Python's `mimetypes` knows by these endings. */
const TYPES: Readonly<Record<string, string>> = {
  avi: 'video/x-msvideo',
  bmp: 'image/bmp',
  css: 'text/css',
  gif: 'image/gif',
  h5: 'application/x-hdf5',
  htm: 'text/html',
  html: 'text/html',
  ico: 'image/vnd.microsoft.icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  mjs: 'text/javascript',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  mpeg: 'video/mpeg',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  wav: 'audio/x-wav',
  wasm: 'application/wasm',
  webm: 'video/webm',
  webp: 'image/webp',
  zip: 'application/zip',
};
/** Endings of a packed file: the type is that of what is packed. */
const PACKED = /\.(gz|bz2|xz|br)$/i;

export function fileType(name: string): string {
  const dot = name.lastIndexOf('.');
  // A name without a dot, or with its only dot first, is its own ending.
  const ending = dot <= 0 ? name.replace(/^\./, '') : name.slice(dot + 1);
  if (TEXT.has(ending)) return 'text/plain';
  const inner = name.replace(PACKED, '').replace(/\.tgz$/i, '.tar');
  const key = inner.slice(inner.lastIndexOf('.') + 1).toLowerCase();
  return inner.includes('.') && Object.hasOwn(TYPES, key) ? TYPES[key]! : 'application/octet-stream';
}
