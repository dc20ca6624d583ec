import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { openTest } from '../harness.ts';
import { bringFrom, checkHistory, countRuns, type Written } from './import-servers.ts';
import { play, python } from './mlflow-servers.ts';

const skip =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;

test(
  'what MLflow wrote into a database, into a folder and to a server arrives whole, once',
  { skip },
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'treadle-import-'));
    try {
      const written = (await play('import-mlflow.py', folder)) as unknown as Record<
        'database' | 'folder',
        Written
      >;
      await using first = await openTest();
      const database = `sqlite:///${folder}/mlflow.db`;
      const account = await bringFrom(first.url, database);
      assert.deepEqual(account.faults, []);
      assert.deepEqual(account.left, []);
      await checkHistory(first, written.database);
      const runs = await countRuns(first);
      assert.equal(runs, 4);

      const again = await bringFrom(first.url, database);
      assert.deepEqual([again.unchanged, again.counts['runs']?.brought, again.left], [4, 0, []]);
      const all = await bringFrom(first.url, database, { again: true });
      assert.deepEqual([all.unchanged, all.counts['runs']?.here, all.faults, all.left], [0, 4, [], []]);
      assert.equal(await countRuns(first), runs, 'nothing is there twice');
      await checkHistory(first, written.database);

      await using second = await openTest();
      const fromFolder = await bringFrom(second.url, path.join(folder, 'mlruns'));
      assert.deepEqual([fromFolder.faults, fromFolder.left], [[], []]);
      await checkHistory(second, written.folder);

      // Ours speaks MLflow's protocol: MLflow's own server is asked by the campaign `imports` of test:deep.
      await using third = await openTest();
      const fromServer = await bringFrom(third.url, first.url);
      assert.deepEqual([fromServer.faults, fromServer.left], [[], []]);
      assert.equal(fromServer.counts['points']?.brought, account.counts['points']?.brought);
      assert.equal(fromServer.counts['files']?.brought, account.counts['files']?.brought);
      assert.deepEqual([first.errors, second.errors, third.errors], [[], [], []]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
