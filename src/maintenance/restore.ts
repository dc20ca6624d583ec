import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  copyStore,
  hashFile,
  requireBelonging,
  syncDirectory,
  writeStoreId,
  type Damage,
} from '../platform/blobs/index.ts';
import { peekSqlite } from '../platform/db/index.ts';
import { conflict, invalid, systemCode, TreadleError, unavailable } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { requireKey } from '../ledger/index.ts';
import { requireBackup } from './backup-file.ts';
import type { BackupProgress } from './backup.ts';
import { copySynced } from './copy-synced.ts';
import { copyKept } from './kept-files.ts';
import { liesWithin, makeTarget, requireNoFile, targetError } from './target.ts';

export interface RestoreParts {
  /** The backup. */
  folder: string;
  /** Where the data folder is to be: it must be empty, or not there. */
  data: string;
  /** The ledger's key, which backups do not hold. */
  key?: string;
}

export interface RestoreResult {
  /** What was restored; `named` is what rows name. */
  blobs: number;
  bytes: number;
  named: { blobs: number; bytes: number };
  /** Named by rows, and not restored: damaged here, or already when the backup was made. */
  damaged: Damage[];
  made_at: number;
  key: boolean;
  /** Files that rooms keep beside the blobs; those whose bytes are damaged or gone in the backup are left out and named. */
  kept: { files: number; bytes: number; damaged: string[] };
  /** So much is lost that a start is refused unless it is told that this is what the backup has (`--restored yes`). */
  incomplete: boolean;
}

/** Makes a data folder of a backup, every blob verified. It is built beside its place and gets its name as a whole. */
export async function* restore({
  folder,
  data,
  key,
}: RestoreParts): AsyncGenerator<BackupProgress, RestoreResult> {
  const found = requireBackup(folder);
  if (liesWithin(data, folder))
    throw invalid(`${data} lies in the backup itself`, {
      field: 'data',
      hint: 'name a folder elsewhere: a backup holds nothing but what treadle backup writes',
    });
  await requireEmpty(data);
  if (!found.database)
    throw conflict(`the backup in ${folder} holds blobs alone: its database is on Postgres`, {
      hint: `restore the dump with pg_restore, copy ${path.join(folder, 'blobs')} into a new data folder, and start once with --db, --data and --restored yes`,
    });
  const file = path.join(folder, found.database.file);
  if ((await hashFile(file)) !== found.database.hash)
    throw unavailable(`the database ${file} of the backup is damaged`, {
      hint: 'restore from another backup',
      code: 'backup-damaged',
    });
  if (key !== undefined) await requireItsKey(file, key);
  const parent = path.dirname(data);
  const needed = (await stat(file)).size + found.bytes + sumOf(found.kept ?? []);
  const target = { folder: data, field: 'data', needed };
  const made = await makeTarget(parent, target);
  await dropHalves(parent, path.basename(data));
  const half = path.join(parent, `${path.basename(data)}.restoring-${newId()}`);
  await mkdir(half, { mode: 0o700 }).catch((error: unknown) => {
    throw targetError(error, target);
  });
  const result: RestoreResult = {
    blobs: 0,
    bytes: 0,
    named: { blobs: 0, bytes: 0 },
    damaged: [],
    made_at: found.made_at,
    key: key !== undefined,
    kept: { files: 0, bytes: 0, damaged: [] },
    incomplete: false,
  };
  try {
    await copySynced(file, path.join(half, 'treadle.db'));
    if (key !== undefined) await copySynced(key, path.join(half, 'ledger.key'));
    const blobs = path.join(half, 'blobs');
    await mkdir(blobs, { mode: 0o700 });
    const database = peekSqlite(path.join(half, 'treadle.db'));
    if (!database) throw new Error('the restored database is empty');
    try {
      for await (const part of copyStore({
        database: { scan: database.db },
        from: path.join(folder, 'blobs'),
        to: blobs,
      })) {
        result.named.blobs += part.blobs;
        result.named.bytes += part.bytes;
        result.blobs += part.fresh.blobs;
        result.bytes += part.fresh.bytes;
        for (const one of part.damaged) result.damaged.push(one);
        yield { blobs: result.blobs, bytes: result.bytes };
      }
    } finally {
      database.close();
    }
    for (const { file, bytes, hash } of found.kept ?? []) {
      const copied = await copyKept(folder, half, file);
      if (copied?.hash === hash) {
        result.kept.files++;
        result.kept.bytes += bytes;
      } else {
        result.kept.damaged.push(file);
        await rm(path.join(half, file), { force: true });
      }
      yield { blobs: result.blobs, bytes: result.bytes + result.kept.bytes };
    }
    await writeStoreId(blobs, { store: found.store, starts: found.starts });
    result.incomplete = await isIncomplete(path.join(half, 'treadle.db'), blobs);
    await syncDirectory(half);
    await rmdir(data).catch(() => undefined); // it is empty, or not there
    await rename(half, data);
    await syncDirectory(parent);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    await made.drop();
    throw targetError(error, target);
  }
  return result;
}

/** What a start will think of it. */
async function isIncomplete(file: string, blobs: string): Promise<boolean> {
  const database = peekSqlite(file);
  try {
    await requireBelonging({ database, named: file, folder: blobs, restored: false });
    return false;
  } catch (error) {
    if (error instanceof TreadleError) return true;
    throw error;
  } finally {
    database?.close();
  }
}

/** Before anything is built: a store beside another's key records no change. */
async function requireItsKey(file: string, key: string): Promise<void> {
  if (!existsSync(key))
    throw invalid(`there is no file ${key}`, {
      field: 'key',
      hint: 'name the copy of ledger.key that you keep apart (treadle backup --key FILE made one)',
    });
  const database = peekSqlite(file);
  try {
    await requireKey(database, key, file, {
      field: 'key',
      hint: 'name the key of the store that this backup is of; without --key it can be put into the data folder later',
    });
  } finally {
    database?.close();
  }
}

const sumOf = (files: ReadonlyArray<{ bytes: number }>): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

async function requireEmpty(data: string): Promise<void> {
  requireNoFile({ folder: data, field: 'data' });
  const names = await readdir(data).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  if (names.length > 0)
    throw conflict(`the data folder ${data} is not empty`, {
      field: 'data',
      hint: 'name a folder that is not there yet; nothing that is there is ever overwritten',
    });
}

/** What a restore that was killed left. */
async function dropHalves(parent: string, name: string): Promise<void> {
  for (const one of await readdir(parent))
    if (one.startsWith(`${name}.restoring-`))
      await rm(path.join(parent, one), { recursive: true, force: true });
}
