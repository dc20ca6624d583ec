import { createPrivateKey } from 'node:crypto';
import type { Database } from '../platform/db/index.ts';
import { conflict } from '../platform/errors/index.ts';
import { keyOf, readKey } from './key.ts';
import { selectHead } from './store.ts';

const ANEW = {
  hint: 'put ledger.key back from where you keep it apart (treadle backup --key FILE made a copy); servers that share a database share the key. To begin anew, choose another --data folder and database',
};

/**
 * Refuses a key that is not the one of this ledger, before anything is changed: beside another, or a fresh one, no change could be
 * recorded. `named` is the database as a person knows it, `about` what the refusal
 * says to do.
 */
export async function requireKey(
  database: Pick<Database, 'db' | 'dialect'> | undefined,
  keyFile: string,
  named: string,
  about: { field?: string; hint: string } = ANEW,
): Promise<void> {
  const kept = database !== undefined && (await database.dialect.tableExists(database.db, 'ledger_head'));
  const head = kept ? await selectHead(database) : undefined;
  const refuse = (what: string): Error => conflict(what, { code: 'wrong-ledger-key', ...about });
  const text = readKey(keyFile);
  if (text === undefined) {
    if (head)
      throw refuse(
        `the ledger's key ${keyFile} is missing, and the database ${named} has ${head.size} entries signed by it`,
      );
    return;
  }
  let origin: string;
  try {
    ({ origin } = keyOf(createPrivateKey(text)));
  } catch (error) {
    throw conflict(`the ledger's key ${keyFile} cannot be read`, {
      code: 'wrong-ledger-key',
      ...about,
      hint: 'it is a PEM file with an Ed25519 key, mode 0600: put it back from where you keep it apart (treadle backup --key FILE made a copy)',
      cause: error,
    });
  }
  // A head that names this key and yet does not verify was forged: that is for treadle ledger verify to say, which needs a server.
  if (head && head.checkpoint.split('\n', 1)[0] !== origin)
    throw refuse(
      `the ledger's key ${keyFile} is not the one that signed the ledger of the database ${named}`,
    );
}
