import type { Ctx } from '../platform/ctx/index.ts';
import { OURS } from './files.ts';
import type { VersionMove } from './move-guard.ts';
import { aliasesOf, modelRef, versionRef } from './store.ts';
import { isFollowed, versionsAt } from './store-versions.ts';

/** An alias or a stage that leads to files, and the version that they are of. */
export interface Follower extends Pick<VersionMove, 'kind' | 'name'> {
  model: { name: string; ref: string };
  version: number;
  ref: string;
}

/**
 * The aliases and stages that lead to a version among whose files the artifact is at `path`; with `whole` also those that lead to one whose
 * files lie below it, as where a folder is deleted with all in it.
 */
export async function followersOf(ctx: Ctx, path: string, whole: boolean): Promise<Follower[]> {
  const followers: Follower[] = [];
  const below = whole ? spellings(path).map((one) => `${OURS}${one}/`) : [];
  for (const row of await versionsAt(ctx, placesAbove(path), below)) {
    const model = { name: row.name, ref: modelRef(row.ref) };
    const add = (kind: 'alias' | 'stage', name: string): void =>
      void followers.push({ kind, name, model, version: row.version, ref: versionRef(row.ref, row.version) });
    for (const { alias, version } of await aliasesOf(ctx, row.model_id))
      if (version === row.version) add('alias', alias);
    if (isFollowed(row.stage)) add('stage', row.stage);
  }
  return followers;
}

/** `a/b/c` as an address, and each folder that it lies in. */
function placesAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.flatMap((_part, i) =>
    spellings(parts.slice(0, i + 1).join('/')).map((place) => `${OURS}${place}`),
  );
}

/** Places are kept as their client spelled them, and found under any spelling. */
const spellings = (path: string): string[] => [
  ...new Set([path, path.normalize('NFC'), path.normalize('NFD')]),
];
