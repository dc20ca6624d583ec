import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { requireKey } from './ledger/index.ts';
import { requireBelonging } from './platform/blobs/index.ts';
import { dataFolderIsLocked, peekSqlite, type Database } from './platform/db/index.ts';
import { requireMasters } from './secrets/index.ts';
import { conflict, invalid, messageOf, TreadleError } from './platform/errors/index.ts';

/** What a server has made in its data folder once it was ready for the first time. */
const OWN = ['ledger.key', 'runtimes', 'pipelines', 'planes'];

/**
 * What may lie where a store is to be made: what a first start that was killed left, the settings of a server that is started in its
 * data folder, and what a file system puts into its root.
 */
const BEGUN = /^(treadle\.db.*|lock\.db.*|blobs|\.look-.*|treadle\.toml|lost\+found)$/;

/**
 * Database, blobs and key that do not belong together refuse to start, before one byte on disk is changed, and so does a folder of
 * somebody else's files. `postgres` is open already; the SQLite file is only looked into. `fresh`: there is no store yet.
 */
export async function requireOneStore(
  {
    data,
    restored = false,
    secretsKeyFile,
  }: { data: string; restored?: boolean; secretsKeyFile?: string | undefined },
  postgres: Database | undefined,
): Promise<{ fresh: boolean }> {
  if (statSync(data, { throwIfNoEntry: false })?.isDirectory() === false)
    throw invalid(`the data folder ${data} is a file`, {
      field: 'data',
      hint: 'name a folder with --data; it is made when it is not there',
    });
  const file = path.join(data, 'treadle.db');
  const named = postgres ? 'that --db names' : file;
  let peeked: ReturnType<typeof peekSqlite>;
  try {
    if (!postgres) peeked = peekSqlite(file);
    const database = postgres ?? peeked;
    await requireBelonging({ database, named, folder: path.join(data, 'blobs'), restored });
    await requireKey(database, path.join(data, 'ledger.key'), named);
    await requireMasters(database, secretsKeyFile ?? path.join(data, 'secrets.key'));
    const left = OWN.filter((name) => existsSync(path.join(data, name)));
    if (!database && left.length > 0)
      throw conflict(
        `the data folder ${data} has ${left.join(', ')}, but its database ${file} is empty or gone`,
        {
          code: 'wrong-store',
          hint: 'put treadle.db back from the backup of this folder; was --db forgotten? To begin anew, choose another --data folder',
        },
      );
    const fresh = !database || !(await database.dialect.tableExists(database.db, 'blob'));
    if (fresh) requireNothingElse(data);
    return { fresh };
  } catch (error) {
    // What a running server is just writing may look like anything.
    if (!postgres && dataFolderIsLocked(data)) return { fresh: false };
    if (postgres || error instanceof TreadleError) throw error;
    throw conflict(`the database ${file} cannot be read: ${messageOf(error)}`, {
      hint: 'put it back from a backup, together with the rest of the data folder',
      cause: error,
    });
  } finally {
    peeked?.close();
  }
}

/** A store among somebody's files could neither be backed up nor be removed as a whole. */
function requireNothingElse(data: string): void {
  if (!existsSync(data)) return;
  const [first, ...more] = readdirSync(data).filter((name) => !BEGUN.test(name));
  if (first === undefined) return;
  throw invalid(
    `the folder ${data} holds no store, and is not empty: it has ${first}${more.length > 0 ? ` and ${more.length} more` : ''}`,
    {
      field: 'data',
      hint: 'name a folder that is empty or not there yet with --data, or the one of a store that is there',
    },
  );
}
