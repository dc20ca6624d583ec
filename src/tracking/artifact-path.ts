import { invalid } from '../platform/errors/index.ts';

/**
 * An artifact's path, as the client wrote it: whoever stored a file asks for it by the same bytes, and a file that was saved under a
 * decomposed name is only found under it. It is only ever a key of rows, so nothing here guards a file system; what is refused is
 * what clients, that do write files, could be tricked with.
 */
export function artifactPath(path: string, field = 'path'): string {
  const bad = (why: string) =>
    invalid(`Invalid path: ${why}`, { field, hint: 'use a relative path such as plots/roc.png' });
  if (!path.isWellFormed()) throw bad('it is not valid Unicode');
  for (let seen = path, depth = 0; ; depth++) {
    if (/\p{Cc}/u.test(seen)) throw bad('it holds control characters');
    if (/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(seen))
      throw bad('it holds characters that turn the direction of text');
    // Anywhere, since a client may ask for a folder and write what it lists beneath one of its own.
    // A drive is a letter and a colon alone: `a:b.txt` is a name.
    if (seen.startsWith('/') || /(^|\/)[a-zA-Z]:(\/|$)/.test(seen)) throw bad('it is absolute');
    if (seen.includes('\\')) throw bad('it holds a backslash');
    if (seen.includes('#')) throw bad("it holds '#'");
    if (seen.split('/').some((segment) => segment === '..' || segment === '.'))
      throw bad("it holds '.' or '..'");
    if (seen.split('/').includes('')) throw bad('a part of it is empty');
    const decoded = decodeOnce(seen);
    if (decoded === seen) break;
    if (depth >= 4) throw bad('it is encoded many times over');
    seen = decoded;
  }
  const longest = Math.max(...path.split('/').map((segment) => Buffer.byteLength(segment)));
  if (longest > 255) throw bad(`a part of it is ${longest} bytes long; 255 is the most`);
  if (Buffer.byteLength(path) > 2000) throw bad('it is longer than 2000 bytes');
  return path;
}

/** The same for a folder, whose root is the empty path. */
export const folderPath = (given: string, field = 'path'): string => {
  const trimmed = given.endsWith('/') ? given.slice(0, -1) : given;
  return trimmed === '' ? '' : artifactPath(trimmed, field);
};

/** The form in which two spellings of one name are equal. */
export const canonicalForm = (path: string): string => path.normalize('NFC');

export function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf('/');
  return slash < 0
    ? { folder: '', name: path }
    : { folder: path.slice(0, slash), name: path.slice(slash + 1) };
}

export const joinPath = (folder: string, name: string): string =>
  folder === '' ? name : `${folder}/${name}`;

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign: what can be decoded still is, since a lenient reader would.
    return text.replace(/%[0-7][0-9a-fA-F]/g, (escape) => decodeURIComponent(escape));
  }
}
