import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { sql } from 'kysely';
import { collect, withBlobs, type Bench } from './blobs.suite.ts';
import {
  blake3,
  openDisk,
  requireBelonging,
  type BlobStore,
  type Collected,
  type CollectOptions,
} from './index.ts';
import { makeNeeds, need, needs, unneed } from './needs.suite.ts';

const MiB = 1024 * 1024;

async function gc(store: BlobStore, options: Partial<CollectOptions> = {}): Promise<Collected> {
  const steps = store.collect({ users: [needs], grace: 0, ...options });
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
}

/** Bytes of packs and files. */
function onDisk(folder: string): number {
  let bytes = 0;
  for (const part of ['packs', 'files'])
    for (const name of readdirSync(path.join(folder, part), { recursive: true, encoding: 'utf8' })) {
      const at = statSync(path.join(folder, part, name));
      if (at.isFile()) bytes += at.size;
    }
  return bytes;
}

const withNeeds = (body: (bench: Bench) => Promise<void>): Promise<void> =>
  withBlobs(openDisk, async (bench) => {
    await makeNeeds(bench.database);
    await body(bench);
  });

/** As the start of a server looks at both. */
const startIsAllowed = ({ database, folder }: Bench): Promise<void> =>
  requireBelonging({ database, named: 'test.db', folder, restored: false });

const put = async (store: BlobStore, all: readonly Buffer[]): Promise<string[]> =>
  (await store.putMany(all.map((bytes) => ({ bytes })))).map(({ hash }) => hash);

test('gc takes what nobody names, and the space is as if it had never been', () =>
  withNeeds(async (bench) => {
    const { store, database, folder, rows, reopen } = bench;
    const keep = [...Array.from({ length: 300 }, (_, i) => randomBytes(500 + i)), randomBytes(5 * MiB)];
    const kept = await put(store, keep);
    await need(database, kept);
    const before = onDisk(folder);
    const drop = [...Array.from({ length: 700 }, () => randomBytes(2000)), randomBytes(6 * MiB)];
    await put(store, drop);
    const full = onDisk(folder);
    const said = await gc(store, { dryRun: true, compact: true });
    assert.equal(onDisk(folder), full, 'a dry run removes nothing');
    assert.equal(await rows(), 1002);
    const done = await gc(store, { compact: true });
    assert.deepEqual({ ...done, packs: 0 }, { ...said, packs: 0 }, 'and says what will be');
    assert.equal(done.removed.blobs, 701);
    assert.equal(done.used, 301);
    assert.equal(done.freed, full - before);
    assert.equal(onDisk(folder), before);
    assert.equal(await rows(), 301);
    await startIsAllowed(bench);
    for (const again of [false, true]) {
      if (again) await reopen();
      for (const bytes of keep) assert.ok((await store.read(blake3(bytes))).equals(bytes));
      assert.equal((await store.has(drop.map((bytes) => blake3(bytes)))).size, 0);
    }
    // What went can come again.
    await put(store, drop);
    assert.ok((await store.read(blake3(drop[5]!))).equals(drop[5]!));
    assert.ok((await store.read(blake3(drop.at(-1)!))).equals(drop.at(-1)!));
  }));

test('gc of everything leaves an empty store that starts and goes on', () =>
  withNeeds(async (bench) => {
    const { store, folder, reopen } = bench;
    await put(store, [randomBytes(100), randomBytes(5 * MiB)]);
    await gc(store);
    assert.equal(onDisk(folder), 0);
    await startIsAllowed(bench);
    await reopen();
    const { hash } = await store.put(randomBytes(50));
    assert.equal((await store.read(hash)).length, 50);
  }));

test('gc rewrites a pack only where a fifth of it is needed by nobody, unless it shall', () =>
  withNeeds(async ({ store, database, folder }) => {
    const hashes = await put(
      store,
      Array.from({ length: 100 }, () => randomBytes(1000)),
    );
    await need(database, hashes.slice(10));
    const full = onDisk(folder);
    const first = await gc(store);
    assert.equal(first.removed.blobs, 10);
    assert.equal(first.freed, 0);
    assert.equal(first.left, 10 * 1048);
    assert.equal(onDisk(folder), full);
    const second = await gc(store, { compact: true });
    assert.equal(second.removed.blobs, 0);
    assert.equal(second.freed, 10 * 1048);
    assert.equal(onDisk(folder), full - 10 * 1048);
  }));

test('gc keeps what is young, pinned, asked for or inside a list', () =>
  withNeeds(async ({ store, database }) => {
    const [young] = await put(store, [randomBytes(10)]);
    assert.equal((await gc(store, { grace: 60_000 })).kept.blobs, 1);
    const [pinned, asked, inside, deep] = await put(
      store,
      [11, 12, 13, 14].map((n) => randomBytes(n)),
    );
    await database.write(async (db) => {
      await sql`insert into pin (hash, workspace, what, reason, created_at, created_by) values (${pinned}, '', '', '', 0, '')`.execute(
        db,
      );
    });
    await store.has([asked!]);
    const [list] = await put(store, [Buffer.from(JSON.stringify([{ hash: deep }]))]);
    const [outer] = await put(store, [
      Buffer.from(JSON.stringify([{ hash: inside }, { hash: list, list: true }])),
    ]);
    await need(database, [outer!], true);
    const done = await gc(store);
    assert.equal(done.removed.blobs, 1);
    const there = await store.has([young!, pinned!, asked!, inside!, deep!, list!, outer!]);
    assert.deepEqual(
      [...there.keys()].toSorted(),
      [pinned!, asked!, inside!, deep!, list!, outer!].toSorted(),
    );
  }));

test('gc removes nothing while it cannot tell what a list names', () =>
  withNeeds(async ({ store, database, rows }) => {
    const [inside, other] = await put(store, [randomBytes(10), randomBytes(20)]);
    const [list] = await put(store, [Buffer.from('no list at all')]);
    await need(database, [list!], true);
    await assert.rejects(gc(store), { kind: 'unavailable', message: /nothing was removed.*need/ });
    assert.equal(await rows(), 3);
    assert.equal((await store.has([inside!, other!])).size, 2);
  }));

test('one gc at a time', () =>
  withNeeds(async ({ store }) => {
    const steps = store.collect({ users: [needs], grace: 0 });
    await steps.next();
    await assert.rejects(gc(store), { kind: 'conflict', message: /another gc or a backup/ });
    await steps.return(undefined as never);
    await gc(store);
  }));

test('a commit that uses an old blob again while gc looks, removes or rewrites never loses it', () =>
  withNeeds(async ({ store, database }) => {
    const contents = Array.from({ length: 900 }, (_, i) => randomBytes(300 + i));
    contents.push(randomBytes(5 * MiB), randomBytes(5 * MiB));
    let lost = 0;
    let used = 0;
    for (const ask of [true, false]) {
      await put(store, contents);
      const steps = store.collect({ users: [needs], grace: 0, compact: true });
      let n = 0;
      for (let step = await steps.next(); step.done !== true; step = await steps.next()) {
        // At each step some old content is named again: found by asking, or sent once more; the row comes a turn later.
        const some = contents.filter((_bytes, i) => i % 7 === n % 7);
        n++;
        const hashes = some.map((bytes) => blake3(bytes));
        const found = ask ? [...(await store.has(hashes)).keys()] : await put(store, some);
        await new Promise((resolve) => void setImmediate(resolve));
        await need(database, found);
        used += found.length;
      }
      for (const bytes of contents) {
        const { rows } = await sql`select 1 from need where hash = ${blake3(bytes)}`.execute(database.db);
        if (rows.length === 0) continue;
        const read = await store.read(blake3(bytes)).catch(() => undefined);
        if (read?.equals(bytes) !== true) lost++;
      }
      await unneed(
        database,
        contents.map((bytes) => blake3(bytes)),
      );
    }
    assert.equal(lost, 0);
    assert.ok(used > 300, `${used} were used again`);
  }));

test('who began to read before gc moved a pack reads on', () =>
  withNeeds(async ({ store, database }) => {
    const contents = Array.from({ length: 1200 }, (_, i) => randomBytes(4000 + i));
    const hashes = await put(store, contents);
    await need(
      database,
      hashes.filter((_hash, i) => i % 2 === 0),
    );
    const wanted = contents.filter((_bytes, i) => i % 2 === 0);
    const reading = store.readMany(wanted.map((bytes) => blake3(bytes)));
    const seen: Buffer[] = [];
    const first = await reading.next();
    if (first.done !== true && Buffer.isBuffer(first.value.content)) seen.push(first.value.content);
    const { packs } = await gc(store);
    assert.ok(packs.rewritten > 0);
    for await (const { content } of reading) if (Buffer.isBuffer(content)) seen.push(content);
    assert.ok(seen.every((bytes, i) => bytes.equals(wanted[i]!)));
    assert.equal(seen.length, wanted.length);
  }));

test('a damaged small blob stays where it is, counts as missing, and is mended by sending it again', () =>
  withNeeds(async ({ store, database, folder, reopen }) => {
    const [good, bad, dead] = [randomBytes(1000), randomBytes(1000), randomBytes(1000)];
    const hashes = await put(store, [good, bad, dead]);
    await need(database, hashes.slice(0, 2));
    const [pack] = readdirSync(path.join(folder, 'packs'));
    const handle = await open(path.join(folder, 'packs', pack!), 'r+');
    await handle.write(Buffer.from([bad[7]! ^ 1]), 0, 1, 1048 + 48 + 7);
    await handle.close();
    const done = await gc(store, { compact: true });
    assert.equal(done.removed.blobs, 1);
    assert.ok((await store.read(blake3(good))).equals(good));
    await assert.rejects(store.read(blake3(bad)), { code: 'blob-damaged' });
    assert.deepEqual([...(await store.has(hashes)).keys()], [hashes[0]]);
    await put(store, [bad]);
    for (const again of [false, true]) {
      if (again) await reopen();
      assert.ok((await collect(store, blake3(bad))).equals(bad));
      assert.equal((await store.has(hashes)).size, 2);
    }
    await gc(store, { compact: true });
    assert.equal(onDisk(folder), 2 * 1048);
  }));
