import type { Database } from '../platform/db/index.ts';
import { conflict } from '../platform/errors/index.ts';
import { namesOf, readMasters } from './master.ts';
import { selectMasters } from './store.ts';

/** Refuses a start without the keys that secrets are sealed with: nobody could open them, and a fresh key would hide that. */
export async function requireMasters(
  database: Pick<Database, 'db' | 'dialect'> | undefined,
  keyFile: string,
): Promise<void> {
  if (!database || !(await database.dialect.tableExists(database.db, 'secret'))) return;
  const needed = await selectMasters(database);
  if (needed.length === 0) return;
  const here = new Set(namesOf(readMasters(keyFile)));
  const missing = needed.filter((name) => !here.has(name));
  if (missing.length === 0) return;
  throw conflict(
    `secrets are sealed with the key ${missing.join(', ')}, and ${here.size === 0 ? `${keyFile} is missing` : `it is not in ${keyFile}`}`,
    {
      code: 'wrong-secrets-key',
      field: 'secrets-key-file',
      hint: 'put secrets.key back from where you keep a copy of it, or name it with --secrets-key-file',
    },
  );
}
