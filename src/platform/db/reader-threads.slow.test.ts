import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { sql } from 'kysely';
import type { Db } from './index.ts';
import { openSqlite } from './sqlite.ts';

/** Work that SQLite does without looking up: some seconds for ten millions. */
const count = async (db: Db, to: number): Promise<number> => {
  const { rows } = await sql<{
    n: number;
  }>`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${to}) select count(*) as n from n`.execute(
    db,
  );
  return rows[0]!.n;
};

async function withDatabase(
  options: { scanLimit?: number },
  act: (scan: Db) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-scan-'));
  const database = openSqlite(path.join(folder, 'test.db'), options);
  try {
    await act(database.scan);
  } finally {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a long scan does not hold up another', () =>
  withDatabase({}, async (scan) => {
    await Promise.all([count(scan, 1), count(scan, 1)]); // both threads are there
    const order: string[] = [];
    const long = count(scan, 5_000_000).then(() => order.push('long'));
    for (let i = 0; i < 3; i++) await count(scan, 1);
    order.push('three short ones');
    await long;
    assert.deepEqual(order, ['three short ones', 'long']);
  }));

test('a scan is given up after its time, and the next one has another thread', () =>
  withDatabase({ scanLimit: 2000 }, async (scan) => {
    await assert.rejects(count(scan, 30_000_000), {
      kind: 'too-large',
      code: 'timeout',
      message: /longer than 2 s/,
    });
    assert.equal(await count(scan, 1), 1);
    await assert.rejects(sql`select * from no_such_table`.execute(scan), /no_such_table/);
    assert.equal(await count(scan, 2), 2);
  }));

test('many rows come over in portions, all of them and in order, also to two who ask at once', () =>
  withDatabase({}, async (scan) => {
    const numbers = async (to: number): Promise<number[]> => {
      const { rows } = await sql<{
        i: number;
      }>`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${to}) select i from n`.execute(
        scan,
      );
      return rows.map(({ i }) => i);
    };
    const sizes = [4321, 1000, 1001, 2500];
    const all = await Promise.all(sizes.map(numbers));
    assert.deepEqual(
      all,
      sizes.map((size) => Array.from({ length: size }, (_, i) => i + 1)),
    );
  }));
