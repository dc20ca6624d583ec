import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isHourFile, retiredOf } from '../plane/segment-name.ts';
import { sourcesOf } from './parquet-file.ts';

/** What is in a folder of segments once it agrees with the rows again. */
export interface Settled {
  /** Names of the files that are left. */
  files: string[];
  /** Segments whose rows lie in the file of their hour, and no longer by themselves: their rows go. */
  gone: string[];
  /** Files of hours that cannot be read, which are left alone. */
  unreadable: string[];
}

/**
 * Ends what a server that merged segments had begun when it ended: each prediction is in one file afterwards, whatever was renamed, and
 * whichever rows the database has, an older copy of it included. `listed`: whether there is a row of a file.
 */
export async function settleFolder(
  folder: string,
  names: readonly string[],
  listed: (file: string) => boolean,
): Promise<Settled> {
  const files = new Set(names);
  const settled: Omit<Settled, 'files'> = { gone: [], unreadable: [] };
  for (const name of names) {
    const file = retiredOf(name);
    if (file === undefined) continue;
    files.delete(name);
    // Nobody reads it any more after a start. With a row of its own it was set aside, and the file of its hour never took its place.
    if (!listed(file) || files.has(file)) await rm(path.join(folder, name), { force: true });
    else {
      await rename(path.join(folder, name), path.join(folder, file));
      files.add(file);
    }
  }
  for (const file of Array.from(files).filter(isHourFile)) {
    if (listed(file)) continue;
    let sources: string[];
    try {
      sources = await sourcesOf(path.join(folder, file));
    } catch {
      settled.unreadable.push(file);
      files.delete(file);
      continue;
    }
    // All that it was made of is there, so nothing had taken its place yet. Otherwise it is the one that has all of it.
    const redundant = sources.every((source) => files.has(source)) ? [file] : sources;
    for (const one of redundant) {
      await rm(path.join(folder, one), { force: true });
      files.delete(one);
      if (listed(one)) settled.gone.push(one);
    }
  }
  return { files: [...files], ...settled };
}
