import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { sql } from 'kysely';
import { until } from '../../../test/until.ts';
import { silentLog } from '../log/index.ts';
import { openSqlite } from './index.ts';
import { openSqliteFile } from './sqlite-connection.ts';

test('the log is moved while a change is under way, and writers go on', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-checkpoints-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'one.db');
  const database = openSqlite(file, { log: silentLog });
  const fill = () =>
    database.write((db) => sql`insert into filled values (zeroblob(${24 * 1024 * 1024}))`.execute(db));
  await database.write((db) => sql`create table filled (bytes blob)`.execute(db));
  await fill();
  // The first look of a checkpoint comes after this commit; its answer, in the middle of the next change.
  await database.write(async (db) => {
    await sql`insert into filled values (zeroblob(10))`.execute(db);
    const beside = openSqliteFile(file, { readOnly: false });
    try {
      const query = beside.prepare('pragma wal_checkpoint(noop)');
      await until('the log is moved', () => {
        const row = query.get();
        return Number(row?.['log']) > 0 && row?.['log'] === row?.['checkpointed'];
      });
    } finally {
      beside.close();
    }
    for (let i = 0; i < 200; i++) await turn();
  });
  await fill();
  const { rows } = await sql<{ n: number }>`select count(*) as n from filled`.execute(database.db);
  assert.equal(Number(rows[0]!.n), 3);
  await database.close();
});
