import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { lockCollecting } from '../platform/db/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import { backup, type BackupResult } from './backup.ts';
import { restore } from './restore.ts';
import { targetError } from './target.ts';

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
  assert.equal(lost.incomplete, true, 'a start refuses a store without its newest pack');
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
  assert.deepEqual([whole.blobs, whole.named.blobs, whole.damaged, whole.incomplete], [all, all, [], false]);
  assert.deepEqual(server.errors, []);
});

/** Where Linux has no disk; a container may have no /dev of its own. */
const KERNEL =
  process.platform === 'linux'
    ? ['/proc/x', '/sys/x/y', ...(statSync('/dev').dev === statSync('/').dev ? [] : ['/dev/treadle-none'])]
    : [];

const refused =
  (field: string | undefined, message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof TreadleError, String(error));
    assert.match(error.message, message);
    assert.equal(error.field, field);
    assert.ok(error.hint);
    return true;
  };

test('what is refused leaves nothing behind: another store, another key, somebody else at work, a folder that takes nothing', async () => {
  await using one = await openTest();
  await using two = await openTest();
  for (const { ctx } of [one, two]) {
    await ctx.blobs.put(randomBytes(3000));
    await ctx.write(async (tx) => tx.record({ action: 'test.done', resource: 'test:1' }));
  }
  const home = one.shared;
  const [folder, key] = [path.join(home, 'backup'), path.join(home, 'kept.key')];
  const save = (data: string, to: string): Promise<BackupResult> =>
    last(backup({ data, folder: to, keeps: [], key }));

  const release = lockCollecting(path.join(one.data, 'blobs'));
  await assert.rejects(
    save(one.data, path.join(home, 'a', 'b')),
    refused(undefined, /another gc or a backup/),
  );
  release();
  assert.deepEqual(readdirSync(home), [], 'who comes second writes neither key nor folder');

  await save(one.data, folder);
  assert.deepEqual(readFileSync(key), readFileSync(path.join(one.data, 'ledger.key')));
  await save(one.data, folder); // the same key there is no reason to refuse
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }))
    assert.equal(statSync(path.join(file.parentPath, file.name)).mode & 0o077, 0, file.name);
  const other = path.join(home, 'other.key');
  for (const content of [
    readFileSync(path.join(two.data, 'ledger.key')),
    Buffer.from('notes'),
    Buffer.of(),
  ]) {
    writeFileSync(other, content);
    await assert.rejects(
      last(backup({ data: one.data, folder: path.join(home, 'c'), keeps: [], key: other })),
      refused('key', /is there already, and is not a copy of this store's key/),
    );
    assert.deepEqual([readFileSync(other), existsSync(path.join(home, 'c'))], [content, false]);
  }
  await assert.rejects(
    last(backup({ data: one.data, folder: path.join(home, 'c'), keeps: [], key: path.join(one.data, 'k') })),
    refused('key', /lies in the data folder itself/),
  );
  rmSync(other);
  rmSync(key);
  const held = readdirSync(folder).toSorted();
  await assert.rejects(save(two.data, folder), refused('folder', /is of another store/));
  assert.deepEqual([readdirSync(folder).toSorted(), existsSync(key)], [held, false]);
  await assert.rejects(
    save(two.data, one.data),
    refused('folder', /holds no backup/),
    'a data folder is none',
  );

  const data = path.join(home, 'made', 'data');
  const bring = (file: string): Promise<unknown> => last(restore({ folder, data, key: file }));
  await assert.rejects(
    bring(path.join(two.data, 'ledger.key')),
    refused('key', /is not the one that signed/),
  );
  await assert.rejects(bring(path.join(home, 'no.key')), refused('key', /there is no file/));
  assert.ok(!existsSync(path.dirname(data)));

  await assert.rejects(
    last(
      backup({
        data: one.data,
        folder: path.join(home, 'x', 'y'),
        keeps: [],
        key: path.join(home, 'no', 'k'),
      }),
    ),
    refused('key', /could not be copied/),
  );
  assert.ok(!existsSync(path.join(home, 'x')), 'a folder that the command made goes again');
  writeFileSync(path.join(home, 'file'), '');
  for (const no of [path.join(home, 'file', 'b'), path.join(home, 'file')])
    await assert.rejects(save(one.data, no), refused('folder', /file is a file/));
  await assert.rejects(
    last(restore({ folder, data: path.join(home, 'file') })),
    refused('data', /file is a file/),
  );
  await assert.rejects(
    last(restore({ folder, data: path.join(folder, 'in', 'it') })),
    refused('data', /lies in the backup itself/),
  );
  assert.deepEqual(readdirSync(folder).toSorted(), held);
  for (const kernel of KERNEL)
    await assert.rejects(save(one.data, kernel), refused('folder', /which is no disk/), kernel);
  mkdirSync(path.join(home, 'full'));
  const full = targetError(Object.assign(new Error('write'), { code: 'ENOSPC' }), {
    folder: path.join(home, 'full'),
    field: 'folder',
    needed: 3 * 2 ** 20,
  });
  assert.ok(refused('folder', /full is full/)(full) && full instanceof TreadleError);
  assert.match(full.hint ?? '', /about 3 MiB/);
});
