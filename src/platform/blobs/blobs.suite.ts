import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import { sql } from 'kysely';
import { systemClock } from '../clock/index.ts';
import { migrate, openSqlite, type Database } from '../db/index.ts';
import { blake3, migrations, openBlobs, type BlobBackend, type BlobStore } from './index.ts';

export interface Bench {
  folder: string;
  database: Database;
  store: BlobStore;
  /** Closes and opens again, as a restart does. */
  reopen(): Promise<void>;
  rows(): Promise<number>;
}

const MiB = 1024 * 1024;

/** What every back end must do. `open` makes a back end whose state lies under a folder. */
export function blobSuite(label: string, open: (folder: string) => BlobBackend): void {
  const check = (what: string, body: (bench: Bench) => Promise<void>): void =>
    void test(`${label}: ${what}`, () => withBlobs(open, body));

  check('gives back what was put, small, empty, compressible and large', async ({ store, rows, reopen }) => {
    const all = [
      Buffer.alloc(0),
      Buffer.from('x'),
      Buffer.from('row,1,2\n'.repeat(20_000)),
      randomBytes(100_000),
      randomBytes(5 * MiB),
      randomBytes(9 * MiB + 17),
    ];
    const infos = [];
    for (const bytes of all) infos.push(await store.put(bytes));
    for (const again of [false, true]) {
      if (again) await reopen();
      for (const [i, bytes] of all.entries()) {
        assert.deepEqual(infos[i], { hash: blake3(bytes), size: bytes.length });
        assert.ok((await store.read(infos[i]!.hash)).equals(bytes));
        assert.ok((await collect(store, infos[i]!.hash)).equals(bytes));
      }
    }
    assert.equal(await rows(), all.length);
  });

  check('streams in pieces of any size', async ({ store }) => {
    for (const size of [0, 1, 4 * MiB - 1, 4 * MiB, 4 * MiB + 1, 6 * MiB]) {
      const bytes = randomBytes(size);
      const info = await store.put(pieces(bytes, 70_001));
      assert.deepEqual(info, { hash: blake3(bytes), size });
      assert.ok((await collect(store, info.hash)).equals(bytes));
    }
  });

  check('reads ranges as HTTP means them', async ({ store }) => {
    for (const bytes of [randomBytes(1000), Buffer.from('abc'.repeat(5000)), randomBytes(5 * MiB)]) {
      const { hash } = await store.put(bytes);
      for (const [start, end] of [
        [0, 0],
        [10, 19],
        [bytes.length - 1, bytes.length - 1],
        [5, bytes.length + 100],
      ] as const) {
        assert.ok(
          (await collect(store, hash, { start, end })).equals(bytes.subarray(start, end + 1)),
          `${start}-${end}`,
        );
      }
      await assert.rejects(store.open(hash, { start: bytes.length, end: bytes.length }), {
        kind: 'invalid',
        field: 'range',
      });
      await assert.rejects(store.open(hash, { start: 5, end: 4 }), { kind: 'invalid' });
    }
  });

  check('stores identical content once, also when it comes at once', async ({ store, rows }) => {
    const [small, large] = [randomBytes(5000), randomBytes(5 * MiB)];
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => store.put(i % 2 ? small : pieces(large, 100_000))),
    );
    assert.equal(await rows(), 2);
    const infos = await store.putMany([
      { bytes: small },
      { bytes: randomBytes(10) },
      { bytes: small },
      { bytes: large },
    ]);
    assert.deepEqual(
      infos.map(({ size }) => size),
      [5000, 10, 5000, 5 * MiB],
    );
    assert.equal(await rows(), 3);
  });

  check(
    'refuses content that is not what was announced, and keeps nothing',
    async ({ store, rows, reopen }) => {
      const bytes = randomBytes(1000);
      const large = randomBytes(5 * MiB);
      await assert.rejects(store.put(bytes, { hash: blake3('other') }), {
        kind: 'invalid',
        code: 'content-mismatch',
      });
      await assert.rejects(store.put(bytes, { size: 999 }), { code: 'content-mismatch' });
      await assert.rejects(store.put(pieces(large, 65_536), { size: 5 * MiB + 1 }), {
        code: 'content-mismatch',
      });
      await assert.rejects(store.put(pieces(large, 65_536), { hash: blake3('x') }), {
        code: 'content-mismatch',
      });
      const many = [
        { bytes: randomBytes(10) },
        { bytes: large },
        { bytes, expected: { hash: blake3('other') } },
      ];
      await assert.rejects(store.putMany(many), { code: 'content-mismatch' });
      await assert.rejects(store.put(failing(bytes, large)), /the line went dead/);
      assert.equal(await rows(), 0);
      await reopen();
      assert.equal((await store.has([blake3(bytes), blake3(large)])).size, 0);
      // What failed does not stand in the way.
      assert.equal((await store.put(large, { hash: blake3(large), size: large.length })).size, large.length);
    },
  );

  check('puts many at once and side by side', async ({ store, rows, reopen }) => {
    const sets = Array.from({ length: 8 }, () =>
      Array.from({ length: 700 }, (_, i) => randomBytes(1 + ((i * 37) % 3000))),
    );
    const infos = await Promise.all(sets.map((set) => store.putMany(set.map((bytes) => ({ bytes })))));
    assert.equal(await rows(), new Set(infos.flat().map(({ hash }) => hash)).size);
    await reopen();
    const sizes = await store.has(infos.flat().map(({ hash }) => hash));
    for (const [i, set] of sets.entries()) {
      for (const [j, bytes] of set.entries()) {
        assert.equal(sizes.get(infos[i]![j]!.hash), bytes.length);
        if (j % 50 === 0) assert.ok((await store.read(infos[i]![j]!.hash)).equals(bytes));
      }
    }
  });

  check('reads many in the order asked for', async ({ store }) => {
    const all = Array.from({ length: 1200 }, (_, i) =>
      i % 400 === 7 ? randomBytes(5 * MiB) : i % 3 === 0 ? Buffer.from(`${i},`.repeat(900)) : randomBytes(i),
    );
    const infos = await store.putMany(all.map((bytes) => ({ bytes })));
    const order = [...infos.keys()].toSorted((a, b) => ((a * 7919) % 1201) - ((b * 7919) % 1201));
    order.push(order[0]!); // twice is fine
    let at = 0;
    for await (const { hash, size, content } of store.readMany(order.map((i) => infos[i]!.hash))) {
      const bytes =
        content instanceof Readable ? Buffer.concat((await content.toArray()) as Buffer[]) : content;
      assert.ok(bytes.equals(all[order[at]!]!));
      assert.deepEqual({ hash, size }, infos[order[at]!]);
      at++;
    }
    assert.equal(at, order.length);
    await assert.rejects(store.readMany([infos[0]!.hash, blake3('nothing')]).next(), { kind: 'missing' });
  });

  check('goes on with a new pack when one is full', async ({ store, database, reopen }) => {
    const all: Buffer[] = [];
    for (let i = 0; i < 45; i++) {
      all.push(randomBytes(3 * MiB));
      await store.put(all.at(-1)!);
      if (i === 20) await reopen();
    }
    const packs = await sql<{ pack: string }>`select distinct pack from blob`.execute(database.db);
    assert.ok(packs.rows.length >= 2, `${packs.rows.length} packs`);
    for (const bytes of all) assert.ok((await store.read(blake3(bytes))).equals(bytes));
  });

  check('materialises to a new file only', async ({ store }) => {
    const folder = await store.scratch();
    for (const [i, bytes] of [randomBytes(100), randomBytes(5 * MiB)].entries()) {
      const { hash } = await store.put(bytes);
      const file = path.join(folder, String(i));
      await store.materialise(hash, file);
      assert.ok((await readFile(file)).equals(bytes));
      await assert.rejects(store.materialise(hash, file), { code: 'EEXIST' });
      await store.materialise(hash, path.join(folder, `${i}-mode`), { mode: 0o555 });
      assert.equal((await stat(path.join(folder, `${i}-mode`))).mode & 0o700, 0o500);
      // It is the reader's own: writing to it changes no blob, and is noticed.
      assert.ok(((await stat(file)).mode & 0o200) !== 0);
      assert.ok(await store.matches(hash, file));
      await writeFile(file, 'other', { flag: 'r+' });
      assert.equal(await store.matches(hash, file), false);
      assert.ok((await store.read(hash)).equals(bytes));
      assert.equal(await store.matches(hash, path.join(folder, 'nothing')), false);
      // What readers share is a copy as well; who writes to it spoils it for nobody who comes later.
      for (const n of [1, 2, 3]) {
        const lent = path.join(folder, `${i}-lent-${n}`);
        await store.materialise(hash, lent, { mode: 0o444, shared: true });
        assert.ok((await readFile(lent)).equals(bytes), `lent ${n}`);
        await chmod(lent, 0o644);
        if (n === 2) await writeFile(lent, 'other', { flag: 'r+' });
      }
      assert.ok((await store.read(hash)).equals(bytes));
    }
  });

  check('says what is missing and what is too large', async ({ store }) => {
    await assert.rejects(store.read(blake3('nothing')), { kind: 'missing' });
    await assert.rejects(store.open(blake3('nothing')), { kind: 'missing' });
    const { hash } = await store.put(randomBytes(2000));
    await assert.rejects(store.read(hash, 1999), { kind: 'too-large' });
    assert.equal(await store.info(blake3('nothing')), undefined);
  });

  check('scratch folders do not outlive a restart', async ({ store, reopen }) => {
    const folder = await store.scratch();
    assert.ok((await stat(folder)).isDirectory());
    await reopen();
    await assert.rejects(stat(folder), { code: 'ENOENT' });
  });
}

export async function withBlobs(
  open: (folder: string) => BlobBackend,
  body: (bench: Bench) => Promise<void>,
  where: { home?: string; keep?: boolean } = {},
): Promise<void> {
  const home = where.home ?? (await mkdtemp(path.join(tmpdir(), 'treadle-blobs-')));
  const database = openSqlite(path.join(home, 'test.db'));
  await migrate(database, migrations);
  const start = () => openBlobs({ database, backend: open(path.join(home, 'blobs')), clock: systemClock });
  const bench: Bench = {
    folder: path.join(home, 'blobs'),
    database,
    store: await start(),
    async reopen() {
      await bench.store.close();
      bench.store = await start();
    },
    async rows() {
      const { rows } = await sql<{ n: number }>`select count(*) as n from blob`.execute(database.db);
      return rows[0]!.n;
    },
  };
  // Checks hold the store by value; after a restart they must see the new one.
  const live = new Proxy(bench.store, {
    get: (_old, key: keyof BlobStore) => bench.store[key],
  });
  try {
    await body({ ...bench, store: live });
  } finally {
    await bench.store.close();
    await database.close();
    if (where.keep !== true) await rm(home, { recursive: true, force: true });
  }
}

export async function collect(
  store: BlobStore,
  hash: string,
  range?: { start: number; end: number },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.open(hash, range)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* failing(...parts: Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
  throw new Error('the line went dead');
}
