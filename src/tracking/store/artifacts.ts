import type { Selectable } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { conflict } from '../../platform/errors/index.ts';
import { joinPath, splitPath } from '../artifact-path.ts';
import type { TrackingTables } from '../schema.ts';
import { tables } from './tables.ts';

export type ArtifactRow = Selectable<TrackingTables['artifact']>;

export async function findArtifact(ctx: Ctx, path: string): Promise<ArtifactRow | undefined> {
  const { folder, name } = splitPath(path);
  return tables(ctx)
    .selectFrom('artifact')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('folder', '=', folder)
    .where('name', '=', name)
    .executeTakeFirst();
}

export const listFolder = (ctx: Ctx, folder: string): Promise<ArtifactRow[]> =>
  tables(ctx)
    .selectFrom('artifact')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('folder', '=', folder)
    .orderBy('name')
    .execute();

/** A file where a folder is, or beneath a file, is refused. */
export async function checkPlace(ctx: Ctx, path: string): Promise<void> {
  const own = await findArtifact(ctx, path);
  if (own?.hash === null)
    throw conflict(`'${path}' is a folder already`, { field: 'path', hint: 'use another name' });
  for (let { folder } = splitPath(path); folder !== ''; folder = splitPath(folder).folder) {
    const above = await findArtifact(ctx, folder);
    if (above === undefined) continue;
    if (above.hash !== null)
      throw conflict(`'${folder}' is a file already, so nothing can lie in it`, {
        field: 'path',
        hint: 'use another name',
      });
    return;
  }
}

export async function upsertFile(
  tx: Tx,
  path: string,
  file: { hash: string; size: number; type: string | null },
): Promise<ArtifactRow> {
  await checkPlace(tx, path);
  const row: ArtifactRow = {
    workspace: tx.workspace,
    ...splitPath(path),
    ...file,
    created_at: tx.clock.now(),
  };
  await tables(tx)
    .insertInto('artifact')
    .values(row)
    .onConflict((on) =>
      on.columns(['workspace', 'folder', 'name']).doUpdateSet({ ...file, created_at: row.created_at }),
    )
    .execute();
  for (let { folder } = row; folder !== '';) {
    const place = splitPath(folder);
    const made = await tables(tx)
      .insertInto('artifact')
      .values({
        workspace: tx.workspace,
        ...place,
        hash: null,
        size: 0,
        type: null,
        created_at: row.created_at,
      })
      .onConflict((on) => on.doNothing())
      .executeTakeFirst();
    if (made.numInsertedOrUpdatedRows === 0n) break; // what is above a folder that exists, exists
    folder = place.folder;
  }
  return row;
}

/** Deletes a file or a folder with all in it, and folders that it leaves empty. Returns how many files went. */
export async function deleteTree(tx: Tx, path: string): Promise<number> {
  const own = await findArtifact(tx, path);
  if (!own) return 0;
  let files = 0;
  const folders = [path];
  while (own.hash === null && folders.length > 0) {
    const folder = folders.pop()!;
    const inside = await listFolder(tx, folder);
    files += inside.filter(({ hash }) => hash !== null).length;
    folders.push(...inside.filter(({ hash }) => hash === null).map(({ name }) => joinPath(folder, name)));
    await tables(tx)
      .deleteFrom('artifact')
      .where('workspace', '=', tx.workspace)
      .where('folder', '=', folder)
      .execute();
  }
  for (let place = splitPath(path); ; place = splitPath(place.folder)) {
    await tables(tx)
      .deleteFrom('artifact')
      .where('workspace', '=', tx.workspace)
      .where('folder', '=', place.folder)
      .where('name', '=', place.name)
      .execute();
    if (place.folder === '' || (await listFolder(tx, place.folder)).length > 0) break;
  }
  return own.hash === null ? files : 1;
}
