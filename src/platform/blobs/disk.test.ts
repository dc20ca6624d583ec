import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { blobSuite, collect, pieces, withBlobs } from './blobs.suite.ts';
import { blake3, openDisk } from './index.ts';

const MiB = 1024 * 1024;
const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(path.join(folder, name)).isFile(),
  );
const bytesOnDisk = (folder: string): number =>
  files(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);

blobSuite('disk', openDisk);

test('disk: a failed put gives its space back', () =>
  withBlobs(openDisk, async ({ store, folder }) => {
    await store.put(randomBytes(1000));
    const before = bytesOnDisk(folder);
    const bad = { bytes: randomBytes(10), expected: { size: 11 } };
    const good = Array.from({ length: 2000 }, () => ({ bytes: randomBytes(5000) }));
    await assert.rejects(store.putMany([...good, { bytes: randomBytes(6 * MiB) }, bad]), {
      code: 'content-mismatch',
    });
    assert.equal(bytesOnDisk(folder), before);
  }));

test('disk: a source is closed also where no temp file can be made for it', () => {
  const full = (folder: string) => ({
    ...openDisk(folder),
    stage: () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })),
  });
  return withBlobs(full, async ({ store }) => {
    let closed = false;
    const source = async function* () {
      try {
        for (;;) yield randomBytes(MiB);
      } finally {
        closed = true;
      }
    };
    await assert.rejects(store.put(source()), { kind: 'unavailable' });
    assert.ok(closed);
  });
});

test('disk: a killed process leaves a loose end and temps; the next start moves the one away and drops the other', () =>
  withBlobs(openDisk, async ({ store, folder, reopen }) => {
    const bytes = randomBytes(1000);
    const { hash } = await store.put(bytes);
    const clean = bytesOnDisk(folder);
    const pack = files(folder).find((name) => name.endsWith('.pack'))!;
    const [end, newer] = [randomBytes(12_345), randomBytes(5)];
    const { size } = statSync(path.join(folder, pack));
    appendFileSync(path.join(folder, pack), end);
    writeFileSync(path.join(folder, 'temp', 'half-an-upload'), randomBytes(999));
    writeFileSync(path.join(folder, 'packs', 'ffffffff.pack'), newer); // and no row names it
    await reopen();
    // Not one byte that a row may have known is removed.
    const lost = path.join(folder, 'lost');
    const tail = `${path.basename(pack, '.pack')}-${size}-${size + end.length}.tail`;
    assert.deepEqual(readdirSync(lost).toSorted(), [tail, 'ffffffff.pack'].toSorted());
    assert.ok(readFileSync(path.join(lost, tail)).equals(end));
    assert.ok(readFileSync(path.join(lost, 'ffffffff.pack')).equals(newer));
    assert.equal(bytesOnDisk(folder), clean + end.length + newer.length);
    const other = await store.put(randomBytes(700));
    assert.ok((await store.read(hash)).equals(bytes));
    assert.equal((await store.read(other.hash)).length, 700);
    assert.equal(files(path.join(folder, 'packs')).length, 1, 'the same pack went on');
  }));

test('disk: two stores never share a folder', () =>
  withBlobs(openDisk, async ({ folder, reopen }) => {
    await assert.rejects(openDisk(folder).recover({ end: () => Promise.resolve(0), doomed: [] }), {
      kind: 'conflict',
      message: /another Treadle server/,
    });
    await reopen();
  }));

test('disk: damaged bytes are never handed out as good', () =>
  withBlobs(openDisk, async ({ store, folder }) => {
    const [small, large] = [randomBytes(1000), randomBytes(5 * MiB)];
    await store.put(small);
    await store.put(pieces(large, 65_536));
    for (const name of files(folder)) {
      const handle = await open(path.join(folder, name), 'r+').catch(() => undefined);
      await handle?.write(
        Buffer.from([0xff ^ (name.endsWith('.pack') ? small[500]! : large[500]!)]),
        0,
        1,
        name.endsWith('.pack') ? 548 : 500,
      );
      await handle?.close();
    }
    await assert.rejects(store.read(blake3(small)), { code: 'blob-damaged' });
    await assert.rejects(store.read(blake3(large)), { code: 'blob-damaged' });
    await assert.rejects(collect(store, blake3(large)), { code: 'blob-damaged' });
    await assert.rejects(collect(store, blake3(large), { start: MiB, end: 2 * MiB }), {
      code: 'blob-damaged',
    });
    const made = path.join(await store.scratch(), 'copy');
    await assert.rejects(store.materialise(blake3(large), made), { code: 'blob-damaged' });
    assert.equal(existsSync(made), false);
    const many = async () => {
      for await (const { content } of store.readMany([blake3(large)]))
        if (!Buffer.isBuffer(content)) await content.toArray();
    };
    await assert.rejects(many(), { code: 'blob-damaged' });
  }));

test('disk: a large file is read once, and again as soon as it may have changed', () => {
  let opened = 0;
  const counting = (folder: string) => {
    const disk = openDisk(folder);
    return {
      ...disk,
      openFile: (...args: Parameters<typeof disk.openFile>) => (opened++, disk.openFile(...args)),
    };
  };
  return withBlobs(counting, async ({ store, folder, reopen }) => {
    const bytes = randomBytes(5 * MiB);
    const { hash } = await store.put(bytes);
    const range = () => collect(store, hash, { start: 100, end: 199 });
    await range();
    assert.equal(opened, 1, 'what was hashed on its way in is not read again');
    await reopen();
    const file = path.join(folder, 'files', hash.slice(0, 2), hash);
    const old = new Date(Date.now() - 60_000);
    utimesSync(file, old, old);
    await new Promise((resolve) => setTimeout(resolve, 150)); // its change lies far enough back to be remembered
    opened = 0;
    assert.ok((await range()).equals(bytes.subarray(100, 200)));
    await Promise.all([range(), range()]);
    assert.equal(opened, 4, 'one read of all, three of the range');
    const handle = await open(file, 'r+');
    await handle.write(Buffer.from([bytes[3 * MiB]! ^ 1]), 0, 1, 3 * MiB);
    await handle.close();
    // The very bytes asked for are right, but they are those of a damaged file.
    await assert.rejects(range(), { code: 'blob-damaged' });
    // Who still has the file mends it by sending it again, and also one that is gone.
    await new Promise((resolve) => setTimeout(resolve, 150));
    await assert.rejects(range(), { code: 'blob-damaged' });
    assert.deepEqual(await store.put(bytes), { hash, size: bytes.length });
    assert.ok((await store.read(hash)).equals(bytes));
    rmSync(file);
    await store.put(pieces(bytes, 65_536));
    assert.ok((await range()).equals(bytes.subarray(100, 200)));
  });
});

const root = process.getuid?.() === 0 && process.platform === 'linux';

test(
  'disk: a full disk is said so, and keeps nothing',
  { skip: root ? false : 'needs root, to mount a small tmpfs' },
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'treadle-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]);
    try {
      const disk = (home: string) => openDisk(path.join(folder, path.basename(home)));
      await withBlobs(disk, async ({ store, rows }) => {
        const kept = await store.put(randomBytes(1 * MiB));
        const before = bytesOnDisk(folder);
        const large = pieces(randomBytes(30 * MiB), 65_536);
        await assert.rejects(store.put(large), {
          kind: 'unavailable',
          code: 'disk-full',
          message: /disk .* is full/,
        });
        const many = Array.from({ length: 30 }, () => ({ bytes: randomBytes(1 * MiB) }));
        await assert.rejects(store.putMany(many), { kind: 'unavailable', code: 'disk-full' });
        assert.equal(bytesOnDisk(folder), before, 'the space came back');
        assert.equal(await rows(), 1);
        // Reads and smaller writes go on without a restart.
        assert.equal((await store.read(kept.hash)).length, MiB);
        await store.put(randomBytes(2 * MiB));
        assert.equal(await rows(), 2);
      });
    } finally {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    }
  },
);
