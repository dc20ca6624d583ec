import { readdirSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import path from 'node:path';
import { canonicalPath, quoted } from '../../../data/contract.ts';
import { invalid, missing } from '../../../platform/errors/index.ts';

/** A file that is to be committed, and what it looked like when it was found. */
export interface Found {
  /** Where it lies on this machine. */
  file: string;
  /** What the dataset calls it: canonical, relative to the root. */
  path: string;
  size: number;
  executable: boolean;
  mtime: bigint;
  ctime: bigint;
  inode: bigint;
}

export interface Scanned {
  root: string;
  files: Found[];
  bytes: number;
  /** Names that the dataset spells otherwise than the disk: composed (NFC), so that one content is one version on every computer. */
  respelled: string[];
}

/**
 * All files of a directory, or the one file that is named. Names are checked here, before anything is read or sent. A link within
 * the directory stands for what it names; one that leads out of it is refused unless `followLinks`: who commits a directory means
 * what is in it.
 */
export function scan(target: string, options: { followLinks?: boolean } = {}): Scanned {
  const stats = statSync(target, { bigint: true, throwIfNoEntry: false });
  if (!stats)
    throw missing(`there is no file or directory ${quoted(target)}`, {
      field: 'path',
      hint: 'check the spelling; a relative path starts here',
    });
  const files: Found[] = [];
  const seen = new Map<string, string>();
  const respelled: string[] = [];
  const root = realpathSync(target);
  const take = (file: string, relative: string, found: BigIntStats): void => {
    const name = canonicalPath(relative);
    const other = seen.get(name);
    if (other !== undefined) {
      throw invalid(
        `the files ${quoted(other)} and ${quoted(relative)} have the same name, composed differently`,
        { field: 'path', hint: 'rename one of the two' },
      );
    }
    seen.set(name, relative);
    if (name !== relative) respelled.push(relative);
    files.push(toFound(file, name, found));
  };
  if (stats.isFile()) {
    take(target, path.basename(target), stats);
  } else if (stats.isDirectory()) {
    walk(target, '', take, options.followLinks === true ? undefined : root);
    if (files.length === 0)
      throw invalid(`there is no file in ${quoted(target)}`, {
        field: 'path',
        hint: 'put the data there first',
      });
  } else {
    throw invalid(`${quoted(target)} is neither a file nor a directory`, {
      field: 'path',
      hint: 'name the directory that holds the data',
    });
  }
  return { root, files, bytes: files.reduce((sum, { size }) => sum + size, 0), respelled };
}

function walk(
  folder: string,
  prefix: string,
  take: (file: string, relative: string, stats: BigIntStats) => void,
  /** No link may lead out of it. */
  within: string | undefined,
): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    const relative = prefix + entry.name;
    // A name that is not valid UTF-8 comes with replacement characters, and could not be opened by it.
    if (entry.name.includes('\ufffd')) canonicalPath(relative);
    if (entry.isSymbolicLink()) checkLink(file, relative, within);
    const stats = entry.isDirectory() ? undefined : statSync(file, { bigint: true, throwIfNoEntry: false });
    if (entry.isDirectory() || stats?.isDirectory() === true) {
      if (entry.isDirectory()) walk(file, `${relative}/`, take, within);
      else {
        const real = realpathSync(file);
        if (`${realpathSync(folder)}${path.sep}`.startsWith(`${real}${path.sep}`))
          throw invalid(`the link ${quoted(relative)} leads back to a directory that holds it`, {
            field: 'path',
            hint: 'remove the link',
          });
        walk(file, `${relative}/`, take, within);
      }
    } else if (stats?.isFile() === true) {
      take(file, relative, stats);
    } else if (stats) {
      throw invalid(`${quoted(relative)} is not a regular file`, {
        field: 'path',
        hint: 'sockets, pipes and devices cannot be committed; move it away',
      });
    } else {
      throw changed(relative, 'it is gone');
    }
  }
}

function checkLink(file: string, relative: string, within: string | undefined): void {
  let real: string;
  try {
    real = realpathSync(file);
  } catch {
    throw invalid(`the link ${quoted(relative)} leads nowhere`, {
      field: 'path',
      hint: 'mend or remove the link',
    });
  }
  if (within === undefined || `${real}${path.sep}`.startsWith(`${within}${path.sep}`)) return;
  // A link to what holds the directory leads back into it; that is told where it is walked.
  if (`${within}${path.sep}`.startsWith(`${real}${path.sep}`)) return;
  throw invalid(`the link ${quoted(relative)} leads out of the directory, to ${quoted(real)}`, {
    field: 'path',
    hint: 'put the file itself there, or say --follow-links to commit what it names',
  });
}

export const toFound = (file: string, name: string, stats: BigIntStats): Found => ({
  file,
  path: name,
  size: Number(stats.size),
  executable: (stats.mode & 0o100n) !== 0n,
  mtime: stats.mtimeNs,
  ctime: stats.ctimeNs,
  inode: stats.ino,
});

export const changed = (name: string, how: string): Error =>
  invalid(`the file ${quoted(name)} changed while it was read: ${how}; nothing was committed`, {
    field: 'path',
    hint: 'wait until nothing writes to it, then commit again',
    code: 'file-changed',
  });
