import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { conflict } from '../errors/index.ts';
import { newId } from '../ids/index.ts';
import { sqliteDialect } from './dialect.ts';
import type { Database } from './database.ts';
import { kyselyOn, SqliteConnection } from './sqlite-connection.ts';

type Peeked = Pick<Database, 'db' | 'dialect'> & { close(): void };

/**
 * Looks into a database file without changing one byte on disk: opening it as usual would already write a log and an index beside
 * it. Undefined where there is no database yet.
 */
export function peekSqlite(file: string): Peeked | undefined {
  const log = `${file}-wal`;
  const logged = existsSync(log) ? statSync(log).size : 0;
  const found = statSync(file, { throwIfNoEntry: false });
  if (found && !found.isFile())
    throw conflict(`${file} is not a file`, { hint: 'put the database back from a backup' });
  if (!found || found.size === 0) {
    if (logged === 0) return undefined;
    throw conflict(`the database ${file} is ${found ? 'empty' : 'gone'}, but its log ${log} is here`, {
      hint: 'put both back from the same backup',
    });
  }
  // Everything is in the file itself once the last server has ended in order.
  if (logged === 0) return opened(`${pathToFileURL(file).href}?immutable=1`, file, () => undefined);

  // What a killed server had not yet moved from the log into the file counts too: SQLite reads both by other names.
  const aside = path.join(path.dirname(file), `.look-${newId()}`);
  const drop = (): void => rmSync(aside, { recursive: true, force: true });
  dropOld(path.dirname(file));
  mkdirSync(aside, { mode: 0o700 });
  try {
    const named = path.join(aside, path.basename(file));
    try {
      linkSync(file, named); // only read: its log is the copy beside it
    } catch {
      copyFileSync(file, named);
    }
    copyFileSync(log, `${named}-wal`);
    return opened(named, file, drop);
  } catch (error) {
    drop();
    throw error;
  }
}

/** A start that was killed while it looked leaves its folder. */
function dropOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const place = path.join(folder, name);
    if (name.startsWith('.look-') && Date.now() - statSync(place).mtimeMs > 60_000)
      rmSync(place, { recursive: true, force: true });
  }
}

function opened(place: string, file: string, drop: () => void): Peeked {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(place, { readOnly: true });
    database.prepare('select count(*) from sqlite_master').get();
  } catch (error) {
    database?.close();
    throw conflict(`${file} cannot be read as a database`, {
      hint: 'put it back from a backup, or start with the folder that it belongs to: --data',
      cause: error,
    });
  }
  const open = database;
  return {
    dialect: sqliteDialect,
    db: kyselyOn(new SqliteConnection(open)),
    close() {
      open.close();
      drop();
    },
  };
}
