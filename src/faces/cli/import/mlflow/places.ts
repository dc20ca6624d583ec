import { createReadStream } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArtifactFact, Unreadable } from '../facts.ts';

/** All files below a place where a store says that artifacts are; `candidates`: where else they may be, when the store was moved. */
export async function* filesAt(
  uri: string | undefined,
  {
    base,
    artifacts,
    candidates = [],
  }: { base: string; artifacts: string | undefined; candidates?: readonly string[] },
): AsyncIterable<ArtifactFact | Unreadable> {
  if (uri === undefined) return;
  const named = folderOf(uri, base, artifacts);
  if (named === undefined) {
    yield {
      kind: 'unreadable',
      where: uri,
      why: 'files that lie where only their server can read them: import from the running server (treadle import mlflow http://…), or say with --artifacts where mlflow-artifacts:/ is on this disk',
    };
    return;
  }
  const folder = await firstFolder([named, ...candidates]);
  // Nothing was ever written there, most likely: MLflow makes the folder with the first file.
  if (folder !== undefined) yield* walk(folder, '');
}

function folderOf(uri: string, base: string, artifacts: string | undefined): string | undefined {
  if (uri.startsWith('file:')) {
    try {
      return fileURLToPath(uri.startsWith('file://') ? uri : `file://${path.resolve(base, uri.slice(5))}`);
    } catch {
      return undefined;
    }
  }
  const proxied = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.*)$/.exec(uri)?.[1];
  // Below the folder of all artifacts, wherever its dots lead.
  if (proxied !== undefined)
    return artifacts === undefined ? undefined : path.join(artifacts, path.join('/', proxied));
  return /^[a-z][a-z0-9+.-]+:/i.test(uri) ? undefined : path.resolve(base, uri);
}

async function firstFolder(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) if ((await stat(folder).catch(() => undefined))?.isDirectory()) return folder;
  return undefined;
}

/** Regular files below a folder, by name; a link may lead anywhere, and is told instead. */
export async function* walk(folder: string, below: string): AsyncIterable<ArtifactFact | Unreadable> {
  const names = [];
  for await (const entry of await opendir(folder)) names.push(entry);
  for (const entry of names.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(file, name);
    else if (entry.isFile())
      yield {
        kind: 'artifact',
        path: name,
        size: (await stat(file)).size,
        open: () => createReadStream(file),
      };
    else yield { kind: 'unreadable', where: file, why: 'a link or a special file among the artifacts' };
  }
}
