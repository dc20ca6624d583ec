import { sql } from 'kysely';
import type { Database } from '../db/index.ts';
import type { BlobUser, Inner } from './index.ts';

/** A room for tests: a table of hashes, some of them lists of further ones. */
export const needs: BlobUser = {
  columns: ['need.hash'],
  async *uses({ scan }) {
    const { rows } = await sql<{ hash: string; list: number }>`select hash, list from need`.execute(scan);
    yield rows.map(({ hash, list }) => ({
      hash,
      noun: 'needs',
      by: `need ${hash.slice(0, 6)}`,
      ...(list === 1 ? { form: 'list' } : {}),
    }));
  },
  inside: {
    list: (bytes): Inner[] =>
      (JSON.parse(bytes.toString()) as Array<{ hash: string; list?: boolean }>).map(({ hash, list }) => ({
        hash,
        ...(list === true ? { form: 'list' } : {}),
      })),
  },
};

export async function makeNeeds(database: Database): Promise<void> {
  await database.write(async (db) => {
    await sql`create table if not exists need (hash text not null, list integer not null)`.execute(db);
  });
}

export async function need(database: Database, hashes: readonly string[], list = false): Promise<void> {
  await database.write(async (db) => {
    for (const hash of hashes)
      await sql`insert into need (hash, list) values (${hash}, ${list ? 1 : 0})`.execute(db);
  });
}

export async function unneed(database: Database, hashes: readonly string[]): Promise<void> {
  await database.write(async (db) => {
    for (const hash of hashes) await sql`delete from need where hash = ${hash}`.execute(db);
  });
}
