import type { Selectable } from 'kysely';
import { holdRoom, takeRoom } from '../../access/index.ts';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { conflict } from '../../platform/errors/index.ts';
import { canonicalForm, joinPath, splitPath } from '../artifact-path.ts';
import type { TrackingTables } from '../schema.ts';
import { readParts, tables } from './tables.ts';

export type ArtifactRow = Selectable<TrackingTables['artifact']>;

/** By any spelling of its path. */
export async function findArtifact(ctx: Ctx, path: string): Promise<ArtifactRow | undefined> {
  const { folder, name } = splitPath(canonicalForm(path));
  return tables(ctx)
    .selectFrom('artifact')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('folder', '=', folder)
    .where('canonical', '=', name)
    .executeTakeFirst();
}

export const listFolder = (ctx: Ctx, folder: string): Promise<ArtifactRow[]> =>
  readParts(ctx, 1, (db) =>
    db
      .selectFrom('artifact')
      .selectAll()
      .where('workspace', '=', ctx.workspace)
      .where('folder', '=', canonicalForm(folder))
      .orderBy('name'),
  );

/** A file where a folder is, or beneath a file, is refused; so is what differs from a name that is there in its composition alone. Returns the file that is there. */
export async function checkPlace(ctx: Ctx, path: string): Promise<ArtifactRow | undefined> {
  const own = await findArtifact(ctx, path);
  if (own) checkSpelling(own, path);
  if (own?.hash === null)
    throw conflict(`'${path}' is a folder already`, { field: 'path', hint: 'use another name' });
  for (let { folder } = splitPath(path); folder !== ''; folder = splitPath(folder).folder) {
    const above = await findArtifact(ctx, folder);
    if (above === undefined) continue;
    checkSpelling(above, folder);
    if (above.hash !== null)
      throw conflict(`'${folder}' is a file already, so nothing can lie in it`, {
        field: 'path',
        hint: 'use another name',
      });
    // What is above a folder that is there, is there; only names that have two spellings must be compared.
    if (/^[\u0020-\u007e]*$/.test(splitPath(folder).folder)) break;
  }
  return own;
}

/** On many disks the two would be one file, and whoever downloads the folder would lose one of them. */
function checkSpelling(row: ArtifactRow, path: string): void {
  const { name } = splitPath(path);
  if (row.name === name) return;
  throw conflict(
    `'${path}' is there already as ${codePoints(row.name)}, and this is ${codePoints(name)}: the same name, its letters composed differently`,
    { field: 'path', hint: 'send it under the name that is there, or delete that one first' },
  );
}

/** Two spellings look alike, so what is not plain is told by number. */
const codePoints = (name: string): string =>
  `"${name.replace(/[^\u0020-\u007e]/gu, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`)}"`;

export async function upsertFile(
  tx: Tx,
  path: string,
  file: { hash: string; size: number; type: string | null },
): Promise<ArtifactRow> {
  await holdRoom(tx, 'bytes');
  const before = await checkPlace(tx, path);
  await takeRoom(tx, 'bytes', file.size - (before?.size ?? 0));
  const row: ArtifactRow = {
    workspace: tx.workspace,
    ...placeOf(path),
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
  for (let { folder } = splitPath(path); folder !== ''; folder = splitPath(folder).folder) {
    const made = await tables(tx)
      .insertInto('artifact')
      .values({
        workspace: tx.workspace,
        ...placeOf(folder),
        hash: null,
        size: 0,
        type: null,
        created_at: row.created_at,
      })
      .onConflict((on) => on.doNothing())
      .executeTakeFirst();
    if (made.numInsertedOrUpdatedRows === 0n) break; // what is above a folder that exists, exists
  }
  return row;
}

function placeOf(path: string): Pick<ArtifactRow, 'folder' | 'name' | 'canonical'> {
  const { folder, name } = splitPath(path);
  return { folder: canonicalForm(folder), name, canonical: canonicalForm(name) };
}

/** Deletes a file or a folder with all in it, and folders that it leaves empty. Returns how many files went. */
export async function deleteTree(tx: Tx, given: string): Promise<number> {
  const path = canonicalForm(given);
  await holdRoom(tx, 'bytes');
  const own = await findArtifact(tx, path);
  if (!own) return 0;
  let files = 0;
  let bytes = own.size;
  const folders = [path];
  while (own.hash === null && folders.length > 0) {
    const folder = folders.pop()!;
    const inside = await listFolder(tx, folder);
    files += inside.filter(({ hash }) => hash !== null).length;
    for (const { size } of inside) bytes += size;
    folders.push(
      ...inside.filter(({ hash }) => hash === null).map(({ canonical }) => joinPath(folder, canonical)),
    );
    await tables(tx)
      .deleteFrom('artifact')
      .where('workspace', '=', tx.workspace)
      .where('folder', '=', folder)
      .execute();
  }
  await takeRoom(tx, 'bytes', -bytes);
  for (let place = splitPath(path); ; place = splitPath(place.folder)) {
    await tables(tx)
      .deleteFrom('artifact')
      .where('workspace', '=', tx.workspace)
      .where('folder', '=', place.folder)
      .where('canonical', '=', place.name)
      .execute();
    if (place.folder === '' || (await listFolder(tx, place.folder)).length > 0) break;
  }
  return own.hash === null ? files : 1;
}
