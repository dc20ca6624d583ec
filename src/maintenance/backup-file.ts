import { existsSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { Type, type Static } from 'typebox';
import { Check } from 'typebox/value';
import { syncDirectory } from '../platform/blobs/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import { KeptFile } from './kept-files.ts';

/** What a folder of a backup holds; it names the database, so the backup changes in one step when this file does. */
const BackupFile = Type.Object({
  treadle_backup: Type.Literal(1),
  made_at: Type.Integer(),
  /** File in the folder, and BLAKE3 of it; none: the database is on Postgres, and pg_dump backs it up. */
  database: Type.Union([
    Type.Object({ file: Type.String({ pattern: '^treadle-[0-9a-f]{32}\\.db$' }), hash: Type.String() }),
    Type.Null(),
  ]),
  /** Which store it is, and how often it had been opened. */
  store: Type.String(),
  starts: Type.Integer(),
  blobs: Type.Integer(),
  bytes: Type.Integer(),
  /** Blobs whose bytes were damaged in the store, and are not here. */
  damaged: Type.Array(Type.String()),
  /** Files that rooms keep beside the blobs. Backups of earlier versions have none. */
  kept: Type.Optional(Type.Array(KeptFile)),
  /** How packs and large blobs looked, from `blobs` on, when it was done, so that the next backup need not read them. Earlier versions wrote none. */
  looks: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type BackupFile = Static<typeof BackupFile>;

const NAME = 'backup.json';

/** Undefined where there is no backup yet. */
export function findBackup(folder: string): BackupFile | undefined {
  const file = path.join(folder, NAME);
  if (!existsSync(file)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    value = undefined;
  }
  if (Check(BackupFile, value)) return value;
  throw invalid(`${file} cannot be read as a backup of this version`, {
    field: 'folder',
    hint: 'name another folder, or use the version of Treadle that made it',
  });
}

export function requireBackup(folder: string): BackupFile {
  const found = findBackup(folder);
  if (found) return found;
  throw missing(`there is no whole backup in ${folder}`, {
    field: 'folder',
    hint: 'name the folder that treadle backup was given; one that was cut short before its first end holds none',
  });
}

export async function writeBackup(folder: string, backup: BackupFile): Promise<void> {
  const draft = path.join(folder, `${NAME}.new`);
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(backup, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, path.join(folder, NAME));
  await syncDirectory(folder);
}
