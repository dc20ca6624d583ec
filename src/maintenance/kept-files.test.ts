import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { backup, type BackupResult } from './backup.ts';
import { restore, type RestoreResult } from './restore.ts';

async function last<T>(steps: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
}

test('a backup takes along what rooms keep beside the blobs; a restore leaves out and names what is damaged', async () => {
  await using server = await openTest();
  const { data } = server;
  const home = server.shared;
  const keeps = ['records'];
  const folder = path.join(home, 'backup');
  const file = (root: string, name: string): string => path.join(root, 'records', 'e1', name);
  const save = (): Promise<BackupResult> => last(backup({ data, folder, keeps }));
  const bring = (to: string): Promise<RestoreResult> => last(restore({ folder, data: path.join(home, to) }));
  assert.deepEqual((await save()).kept, { files: 0, bytes: 0, fresh: 0 });

  mkdirSync(path.join(data, 'records', 'e1'), { recursive: true });
  for (const name of ['1.parquet', '2.parquet', '3.parquet.part'])
    writeFileSync(file(data, name), `of ${name}`);
  assert.deepEqual((await save()).kept, { files: 2, bytes: 24, fresh: 2 });
  assert.ok(!existsSync(file(folder, '3.parquet.part')), 'what is being written is no part of it');
  assert.deepEqual((await save()).kept, { files: 2, bytes: 24, fresh: 0 });
  rmSync(file(folder, '2.parquet'));
  assert.equal((await save()).kept.fresh, 1, 'one that is gone from the backup is copied again');
  assert.deepEqual((await bring('first')).kept, { files: 2, bytes: 24, damaged: [] });
  assert.equal(readFileSync(file(path.join(home, 'first'), '2.parquet'), 'utf8'), 'of 2.parquet');

  writeFileSync(file(folder, '2.parquet'), 'of 9.parquet');
  assert.deepEqual((await bring('second')).kept, { files: 1, bytes: 12, damaged: ['records/e1/2.parquet'] });
  assert.ok(!existsSync(file(path.join(home, 'second'), '2.parquet')));

  rmSync(file(data, '1.parquet'));
  assert.equal((await save()).kept.files, 1);
  assert.ok(!existsSync(file(folder, '1.parquet')), 'what the store no longer has goes from the backup, too');
  assert.deepEqual(server.errors, []);
});
