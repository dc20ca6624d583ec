import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import { sql } from 'kysely';
import { eachDatabase, type TestDatabase } from './databases.suite.ts';
import { migrate, type Database } from './index.ts';
import { LONG } from './migrate-child.suite.ts';

/** Migrates in a process that is killed when it reaches step `at`, or just after the last one. */
async function migrateAndKill(place: NonNullable<TestDatabase['place']>, at: number): Promise<void> {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'migrate-child.suite.ts'), JSON.stringify(place), String(at)],
    { stdio: 'inherit' },
  );
  const signal = await new Promise((resolve) => child.on('close', (_code, end) => resolve(end)));
  assert.equal(signal, 'SIGKILL', 'the child ended by itself');
}

/** How many of the steps' tables are there. */
async function tablesThere(database: Database): Promise<number> {
  let there = 0;
  for (let i = 0; i < LONG.length; i++) {
    there += await sql`select 1 from ${sql.table(`t${i}`)}`.execute(database.db).then(
      () => 1,
      () => 0,
    );
  }
  return there;
}

eachDatabase((name, open) => {
  if (name === 'PGlite') return; // lives and dies with its process
  test(`${name}: a migration that is killed leaves all of itself or nothing, and the next start ends it`, async () => {
    const moments = process.env['TREADLE_TEST_WHOLE'] === '1' ? [0, 1, 17, LONG.length - 1] : [17];
    for (const at of [...moments, LONG.length]) {
      await using opened = await open();
      const { database, place } = opened;
      assert.ok(place);
      await migrateAndKill(place, at);
      const ended = at === LONG.length;
      assert.equal(await tablesThere(database), ended ? LONG.length : 0);
      assert.equal((await migrate(database, LONG)).length, ended ? 0 : LONG.length);
      assert.equal(await tablesThere(database), LONG.length);
    }
  });
});
