import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import { sql } from 'kysely';
import { eachDatabase, type TestDatabase } from './databases.suite.ts';
import { migrate, type Database } from './index.ts';
import { LONG } from './migrate-child.suite.ts';

/** Kills a migrating process `ms` after it began. True when it had ended before. */
async function migrateAndKill(place: NonNullable<TestDatabase['place']>, ms: number): Promise<boolean> {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'migrate-child.suite.ts'), JSON.stringify(place)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (out === '') setTimeout(() => child.kill('SIGKILL'), ms);
    out += text;
  });
  await new Promise((resolve) => child.on('close', resolve));
  assert.ok(out.includes('ready'), 'the child did not start');
  return out.includes('migrated');
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
    let cut = 0;
    for (let i = 0; i < 5; i++) {
      await using opened = await open();
      const { database, place } = opened;
      assert.ok(place);
      const ended = await migrateAndKill(place, Math.random() * 120);
      const there = await tablesThere(database);
      if (!ended && there === 0) cut++;
      // The last word of a killed process may be lost: then all of it is there.
      assert.ok(there === 0 || there === LONG.length, `${there} of ${LONG.length} tables are there`);
      assert.equal((await migrate(database, LONG)).length, there === 0 ? LONG.length : 0);
      assert.equal(await tablesThere(database), LONG.length);
    }
    assert.ok(cut > 0, 'no kill came in time: this proved nothing');
  });
});
