import { statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  copyStore,
  countBlobs,
  hashFile,
  readStoreId,
  selectStoreId,
  staleBlobs,
  type Damage,
} from '../platform/blobs/index.ts';
import { lockCollecting, peekSqlite, snapshotSqlite, type Database } from '../platform/db/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { findBackup, writeBackup } from './backup-file.ts';
import { keepKey, requireKeyApart } from './keep-key.ts';
import { copyKept, dropOthers, isWhole, listKept, type KeptFile } from './kept-files.ts';
import { liesWithin, makeTarget, requireNoFile, targetError } from './target.ts';

export interface BackupParts {
  /** The data folder; a server may be writing to it. */
  data: string;
  /** Where the backup goes, and where an earlier one may be. */
  folder: string;
  /** The database, where it is not the file in the data folder: then it is not part of the backup. */
  postgres?: Database;
  /** Folders in the data folder whose files are whole once they have their names, and never change. */
  keeps: readonly string[];
  /** Where a copy of the ledger's key is to be, apart from the backup. */
  key?: string;
  /** Read every byte of the earlier backup, too, not only of files that look otherwise than it left them. */
  verify?: boolean;
}

export interface BackupProgress {
  blobs: number;
  bytes: number;
}

export interface BackupResult {
  blobs: number;
  bytes: number;
  /** Copied now; the rest an earlier backup had. */
  fresh: { blobs: number; bytes: number };
  /** What it had, of what was copied now: gone or damaged there since. */
  mended: { blobs: number; bytes: number };
  damaged: Damage[];
  database: boolean;
  /** Files that rooms keep beside the blobs: recorded predictions. */
  kept: { files: number; bytes: number; fresh: number };
}

/**
 * Copies database and blobs of one moment, beside a server that goes on. The database comes first: what its rows name was on disk
 * before them. gc keeps away meanwhile. Killed at any moment, the backup that was there before is there still.
 */
export async function* backup({
  data,
  folder,
  postgres,
  keeps,
  key,
  verify = false,
}: BackupParts): AsyncGenerator<BackupProgress, BackupResult> {
  const empty = await requireApart(data, folder, keeps);
  const own = path.join(data, 'ledger.key');
  if (key !== undefined) requireKeyApart(own, key, folder);
  const blobs = path.join(data, 'blobs');
  const release = lockCollecting(blobs);
  const source = path.join(data, 'treadle.db');
  const name = `treadle-${newId()}.db`;
  const target = { folder, field: 'folder', needed: postgres ? 0 : sizeOf(source) + sizeOf(`${source}-wal`) };
  let drop = (): Promise<void> => Promise.resolve();
  try {
    const earlier = findBackup(folder);
    const known = await readStoreId(blobs);
    if (earlier && known && earlier.store !== known.store) throw ofAnother(folder);
    ({ drop } = await makeTarget(folder, target, 0o700));
    if (key !== undefined) await keepKey(own, key);
    if (!postgres) await snapshotSqlite(source, path.join(folder, name));
    const now = postgres ? undefined : peekSqlite(path.join(folder, name));
    const before = earlier?.database ? peekSqlite(path.join(folder, earlier.database.file)) : undefined;
    const result: BackupResult = {
      blobs: 0,
      bytes: 0,
      fresh: { blobs: 0, bytes: 0 },
      mended: { blobs: 0, bytes: 0 },
      damaged: [],
      database: !postgres,
      kept: { files: 0, bytes: 0, fresh: 0 },
    };
    try {
      const database = postgres ?? { db: now!.db, scan: now!.db };
      const id = await selectStoreId(database.db);
      if (!id || (earlier && earlier.store !== id.store)) throw ofAnother(folder);
      const { stored } = await countBlobs(database);
      target.needed += Math.max(0, stored - (earlier?.bytes ?? 0));
      const damaged = new Set(earlier?.damaged);
      const looked = new Map(verify ? [] : Object.entries(earlier?.looks ?? {}));
      const looks: Array<[string, string]> = [];
      for await (const part of copyStore({
        database,
        from: blobs,
        to: path.join(folder, 'blobs'),
        looked,
        ...(before ? { before: { db: before.db, except: damaged } } : {}),
      })) {
        result.blobs += part.blobs;
        result.bytes += part.bytes;
        result.fresh.blobs += part.fresh.blobs;
        result.fresh.bytes += part.fresh.bytes;
        result.mended.blobs += part.mended.blobs;
        result.mended.bytes += part.mended.bytes;
        for (const one of part.damaged) result.damaged.push(one);
        for (const one of part.looks) looks.push(one);
        yield { blobs: result.blobs, bytes: result.bytes };
      }
      const kept: KeptFile[] = [];
      const copied = new Map(earlier?.kept?.map((one) => [one.file, one]));
      for (const file of await listKept(data, keeps)) {
        const had = copied.get(file);
        const there = had !== undefined && (await isWhole(folder, had, verify));
        const one = there ? had : await copyKept(data, folder, file);
        if (!one) continue;
        kept.push(one);
        result.kept.files++;
        result.kept.bytes += one.bytes;
        if (!there) result.kept.fresh++;
        yield { blobs: result.blobs, bytes: result.bytes + result.kept.bytes };
      }
      await writeBackup(folder, {
        treadle_backup: 1,
        made_at: Date.now(),
        database: postgres ? null : { file: name, hash: await hashFile(path.join(folder, name)) },
        ...id,
        blobs: result.blobs,
        bytes: result.bytes,
        damaged: result.damaged.map(({ hash }) => hash),
        kept,
        looks: Object.fromEntries(looks),
      });
      await dropOld(folder, name, database);
      await dropOthers(folder, keeps, new Set(kept.map(({ file }) => file)));
      return result;
    } finally {
      now?.close();
      before?.close();
    }
  } catch (error) {
    await dropUnnamed(folder, name, empty);
    await drop();
    throw targetError(error, target);
  } finally {
    release();
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

const ofAnother = (folder: string): Error =>
  invalid(`the backup in ${folder} is of another store`, {
    field: 'folder',
    hint: 'name a folder of its own for each store',
  });

/** What a backup that failed has written; blobs only where the folder was empty before: elsewhere the next one goes on with them. */
async function dropUnnamed(folder: string, name: string, wasEmpty: boolean): Promise<void> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (findBackup(folder)?.database?.file === name) return; // named already
  for (const one of await readdir(folder))
    if (one.startsWith(name) || one === 'backup.json.new') await rm(path.join(folder, one), { force: true });
  if (wasEmpty) await rm(path.join(folder, 'blobs'), { recursive: true, force: true });
}

/** What only earlier backups named. */
async function dropOld(folder: string, database: string, rows: Pick<Database, 'scan'>): Promise<void> {
  for (const name of await readdir(folder))
    if (/^treadle-.*\.db(-\w+)?$/.test(name) && !name.startsWith(database)) await rm(path.join(folder, name));
  for await (const file of staleBlobs(rows, path.join(folder, 'blobs'))) await rm(file, { force: true });
}

/** Whether the folder is empty or not there. */
async function requireApart(data: string, folder: string, keeps: readonly string[]): Promise<boolean> {
  requireNoFile({ folder, field: 'folder' });
  if (liesWithin(folder, data) || liesWithin(data, folder))
    throw invalid(`the backup ${folder} and the data folder ${data} lie one within the other`, {
      field: 'folder',
      hint: 'name a folder elsewhere, best on another disk',
    });
  const names: string[] = await readdir(folder).catch(() => []);
  // Of a backup that was cut short there is no backup.json yet. A data folder has blobs, too, and more beside them.
  const ours = (name: string): boolean =>
    name === 'blobs' || name === 'backup.json.new' || name.startsWith('treadle-') || keeps.includes(name);
  if (!names.includes('backup.json') && !names.every(ours))
    throw invalid(`${folder} is not empty, and holds no backup`, {
      field: 'folder',
      hint: 'name an empty folder, or one that treadle backup has written',
    });
  return names.length === 0;
}
