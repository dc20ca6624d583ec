import { lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';

/** The folders that a program needs to run: where it lies, and where each link to it leads, with the libraries beside `bin`. */
export function programFolders(file: string): string[] {
  const folders: string[] = [];
  let at = file;
  for (let links = 0; links < 20; links++) {
    const bin = path.dirname(at);
    folders.push(['bin', 'Scripts'].includes(path.basename(bin)) ? path.dirname(bin) : bin);
    try {
      if (!lstatSync(at).isSymbolicLink()) break;
      at = path.resolve(bin, readlinkSync(at));
    } catch {
      break; // it is not there, which its start will say
    }
  }
  return [...new Set(folders)].filter((folder) => folder !== '/');
}

/** This program: its own files, the packages that they use, and Node. */
export function ownCode(): string[] {
  const here = realpathSync(import.meta.dirname);
  const packages = here.split(path.sep).indexOf('node_modules');
  const code =
    packages > 0
      ? here
          .split(path.sep)
          .slice(0, packages + 1)
          .join(path.sep)
      : packageFolder(here);
  return [code, ...programFolders(process.execPath)];
}

function packageFolder(from: string): string {
  for (let at = from; path.dirname(at) !== at; at = path.dirname(at)) {
    try {
      readFileSync(path.join(at, 'package.json'));
      return at;
    } catch {
      // further up
    }
  }
  return from;
}
