import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { copyStore, hashFile, selectStoreId, staleBlobs, type Damage } from '../platform/blobs/index.ts';
import { lockCollecting, peekSqlite, snapshotSqlite, type Database } from '../platform/db/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { findBackup, writeBackup } from './backup-file.ts';
import { copyKept, dropOthers, isWhole, listKept, type KeptFile } from './kept-files.ts';

export interface BackupParts {
  /** The data folder; a server may be writing to it. */
  data: string;
  /** Where the backup goes, and where an earlier one may be. */
  folder: string;
  /** The database, where it is not the file in the data folder: then it is not part of the backup. */
  postgres?: Database;
  /** Folders in the data folder whose files are whole once they have their names, and never change. */
  keeps: readonly string[];
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
  verify = false,
}: BackupParts): AsyncGenerator<BackupProgress, BackupResult> {
  await requireApart(data, folder);
  const blobs = path.join(data, 'blobs');
  const release = lockCollecting(blobs);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const earlier = findBackup(folder);
    const name = `treadle-${newId()}.db`;
    if (!postgres) await snapshotSqlite(path.join(data, 'treadle.db'), path.join(folder, name));
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
      if (!id || (earlier && earlier.store !== id.store))
        throw invalid(`the backup in ${folder} is of another store`, {
          field: 'folder',
          hint: 'name a folder of its own for each store',
        });
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
  } finally {
    release();
  }
}

/** What only earlier backups named. */
async function dropOld(folder: string, database: string, rows: Pick<Database, 'scan'>): Promise<void> {
  for (const name of await readdir(folder))
    if (/^treadle-.*\.db(-\w+)?$/.test(name) && !name.startsWith(database)) await rm(path.join(folder, name));
  for await (const file of staleBlobs(rows, path.join(folder, 'blobs'))) await rm(file, { force: true });
}

async function requireApart(data: string, folder: string): Promise<void> {
  const within = (inner: string, outer: string): boolean => !path.relative(outer, inner).startsWith('..');
  if (within(folder, data) || within(data, folder))
    throw invalid(`the backup ${folder} and the data folder ${data} lie one within the other`, {
      field: 'folder',
      hint: 'name a folder elsewhere, best on another disk',
    });
  const names = await readdir(folder).catch(() => []);
  if (
    names.length > 0 &&
    !names.some((name) => name === 'backup.json' || name === 'blobs' || name.startsWith('treadle-'))
  )
    throw invalid(`${folder} is not empty, and holds no backup`, {
      field: 'folder',
      hint: 'name an empty folder, or one that treadle backup has written',
    });
}
