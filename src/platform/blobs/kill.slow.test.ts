import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { sql } from 'kysely';
import { systemClock } from '../clock/index.ts';
import { migrate, openSqlite } from '../db/index.ts';
import { withBlobs } from './blobs.suite.ts';
import { migrations, openBlobs, openDisk } from './index.ts';

/** `npm run test:deep` kills more often. */
const ROUNDS = Number(process.env['TREADLE_BLOB_KILLS'] ?? 4);
/** After so many lines the first writer is killed, the second and so on. */
const MOMENTS = [1, 155, 52, 3, 260, 20, 2, 51, 300, 7, 60, 101, 130, 190, 222];

/** Set in the writer's process, which is this very file: puts blobs until it is killed, and says what was acknowledged. */
const WRITER = 'TREADLE_TEST_WRITER';

async function write(home: string, seed: number): Promise<void> {
  const database = openSqlite(path.join(home, 'test.db'));
  await migrate(database, migrations);
  const store = await openBlobs({
    database,
    backend: openDisk(path.join(home, 'blobs')),
    clock: systemClock,
  });
  writeSync(1, 'ready\n');

  /** Bytes that anybody can make again from their number and size. */
  const make = (n: number, size: number): Buffer =>
    Buffer.alloc(size, `${seed}:${n}:${(n * 2_654_435_761) % 4_294_967_296};`);

  let n = 0;
  async function worker(): Promise<void> {
    for (;;) {
      const mine = ++n;
      if (mine % 7 === 0) {
        const infos = await store.putMany(
          Array.from({ length: 50 }, (_, i) => ({ bytes: make(mine * 1000 + i, 10 + i * 300) })),
        );
        writeSync(1, infos.map(({ hash, size }) => `${hash} ${size}\n`).join(''));
      } else {
        const { hash, size } = await store.put(
          make(mine, mine % 5 === 0 ? 5 * 1024 * 1024 + mine : 1000 + mine),
        );
        writeSync(1, `${hash} ${size}\n`);
      }
    }
  }
  await Promise.all([worker(), worker(), worker()]);
}

/** Starts the writer, kills it once it has said `after` lines, and returns what it had been told is stored. */
function writeUntilKilled(home: string, seed: number, after: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [import.meta.filename], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], [WRITER]: JSON.stringify({ home, seed }) },
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (out.split('\n').length > after) child.kill('SIGKILL');
  });
  return new Promise((resolve) =>
    child.on('close', () => {
      const lines = out.split('\n').slice(1, -1); // the last may be half a line
      resolve(new Map(lines.map((line) => [line.slice(0, 64), Number(line.slice(65))])));
    }),
  );
}

const told = process.env[WRITER];
if (told !== undefined) {
  const { home, seed } = JSON.parse(told) as { home: string; seed: number };
  await write(home, seed);
}

test('kill -9 at any moment: nothing acknowledged is lost, nothing half-written is visible', async (t) => {
  const home = mkdtempSync(path.join(tmpdir(), 'treadle-kill-'));
  try {
    const acknowledged = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const after = MOMENTS[round % MOMENTS.length]!;
      const told = await writeUntilKilled(home, round, after);
      for (const [hash, size] of told) acknowledged.set(hash, size);
      t.diagnostic(`round ${round}: killed after ${after} lines, ${told.size} acknowledged`);
      await check(home, acknowledged);
    }
    assert.ok(acknowledged.size > 100, `only ${acknowledged.size} puts were seen`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

async function check(home: string, acknowledged: ReadonlyMap<string, number>): Promise<void> {
  // Opened beside the rows, as a restart does; `withBlobs` would remove the folder.
  const database = openSqlite(path.join(home, 'test.db'));
  const { rows } = await sql<{
    hash: string;
    size: number;
    pack: string | null;
    start: number;
    stored: number;
  }>`select * from blob`.execute(database.db);
  await database.close();
  const known = new Map(rows.map(({ hash, size }) => [hash, size]));
  for (const [hash, size] of acknowledged) assert.equal(known.get(hash), size, `acknowledged ${hash}`);
  await withBlobs(
    openDisk,
    async ({ store, folder }) => {
      for await (const { hash, size, content } of store.readMany(known.keys())) {
        // Reading verifies the hash; a large blob does so at its end.
        if (Buffer.isBuffer(content)) assert.equal(content.length, size);
        else for await (const chunk of content) assert.ok(chunk, hash);
      }
      assert.deepEqual(readdirSync(path.join(folder, 'temp')), []);
      const ends = new Map<string, number>();
      for (const { pack, start, stored } of rows)
        if (pack !== null) ends.set(pack, Math.max(ends.get(pack) ?? 0, start + stored));
      const newest = readdirSync(path.join(folder, 'packs')).toSorted().at(-1);
      if (newest !== undefined)
        assert.equal(
          statSync(path.join(folder, 'packs', newest)).size,
          ends.get(newest.replace('.pack', '')),
          'no loose end',
        );
    },
    { home, keep: true },
  );
}
