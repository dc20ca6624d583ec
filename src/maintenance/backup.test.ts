import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { backup, type BackupResult } from './backup.ts';
import { restore } from './restore.ts';

async function last<T>(steps: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
}

/** Every file below a folder of the backup's blobs. */
const below = (folder: string, kind: string): string[] =>
  readdirSync(path.join(folder, 'blobs', kind), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

/** One other byte in the middle, by somebody who need not keep the times. */
function damage(file: string): void {
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle]! ^= 1;
  rmSync(file);
  writeFileSync(file, bytes);
}

test('a backup copies again what was lost or damaged in it since the last one, and says so; a restore counts what it has', async () => {
  await using server = await openTest();
  const { blobs } = server.ctx;
  await blobs.putMany(Array.from({ length: 20 }, () => ({ bytes: randomBytes(3000) })));
  await blobs.put(randomBytes(5_000_000));
  const folder = path.join(server.shared, 'backup');
  const save = async (verify = false): Promise<[fresh: number, mended: number]> => {
    const done: BackupResult = await last(backup({ data: server.data, folder, keeps: [], verify }));
    assert.deepEqual(done.damaged, []);
    return [done.fresh.blobs, done.mended.blobs];
  };
  const [all, none] = await save();
  assert.ok(all >= 21 && none === 0, `${all} blobs`);
  assert.deepEqual(await save(), [0, 0]);
  const [[pack], [large]] = [below(folder, 'packs'), below(folder, 'files')];
  assert.ok(pack && large);
  const packed = all - below(folder, 'files').length;

  rmSync(pack);
  const lost = await last(restore({ folder, data: path.join(server.shared, 'lost') }));
  assert.deepEqual([lost.blobs, lost.named.blobs, lost.damaged.length], [all - packed, all, packed]);
  assert.deepEqual(await save(), [packed, packed], 'a pack that is gone');
  assert.deepEqual(await save(), [0, 0]);
  damage(pack);
  assert.deepEqual(await save(), [1, 1], 'another byte in a pack');
  truncateSync(pack, statSync(pack).size - 1);
  assert.deepEqual(await save(), [1, 1], 'a shorter pack');
  rmSync(large);
  assert.deepEqual(await save(), [1, 1], 'a large blob that is gone');
  damage(large);
  assert.deepEqual(await save(), [1, 1], 'another byte in a large blob');
  assert.deepEqual(await save(true), [0, 0]);

  // A disk that forgets changes no times: only who reads everything sees it.
  const looks = JSON.parse(readFileSync(path.join(folder, 'backup.json'), 'utf8')) as {
    looks: Record<string, string>;
  };
  damage(pack);
  damage(large);
  for (const file of [pack, large]) {
    const { size, mtimeNs, ino } = statSync(file, { bigint: true });
    const name = path.relative(path.join(folder, 'blobs'), file).split(path.sep).join('/');
    assert.ok(name in looks.looks, name);
    looks.looks[name] = [size, mtimeNs, ino].join(':');
  }
  writeFileSync(path.join(folder, 'backup.json'), JSON.stringify(looks));
  assert.deepEqual(await save(), [0, 0]);
  assert.deepEqual(await save(true), [2, 2]);
  assert.deepEqual(await save(true), [0, 0]);
  const whole = await last(restore({ folder, data: path.join(server.shared, 'whole') }));
  assert.deepEqual([whole.blobs, whole.named.blobs, whole.damaged], [all, all, []]);
  assert.deepEqual(server.errors, []);
});
