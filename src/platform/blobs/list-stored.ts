import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Stored } from './backend.ts';

const END = '.pack';

/** Oldest first. */
export async function listPacks(folder: string): Promise<Stored[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(END)).toSorted();
  return sized(folder, names, (name) => name.slice(0, -END.length));
}

/** Folder by folder. */
export async function* listFiles(folder: string): AsyncGenerator<Stored[]> {
  for (const below of (await readdir(folder)).toSorted()) {
    const inside = path.join(folder, below);
    const names = (await readdir(inside)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    for (let from = 0; from < names.length; from += 500)
      yield await sized(inside, names.slice(from, from + 500), (name) => name);
  }
}

async function sized(
  folder: string,
  names: readonly string[],
  named: (file: string) => string,
): Promise<Stored[]> {
  const found = await Promise.all(
    names.map(async (file) => {
      const at = await stat(path.join(folder, file)).catch(() => undefined); // gone meanwhile
      return at?.isFile() === true ? [{ name: named(file), size: at.size, changed: at.mtimeMs }] : [];
    }),
  );
  return found.flat();
}
