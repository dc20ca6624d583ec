import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { sql } from 'kysely';
import { systemClock } from '../clock/index.ts';
import { migrate, openSqlite } from '../db/index.ts';
import { CHILD } from './collect-child.suite.ts';
import { blake3, migrations, openBlobs, openDisk, requireBelonging } from './index.ts';
import { makeNeeds, need, needs } from './needs.suite.ts';

/** How many moments are tried; `npm run test:deep` asks for more than there are steps. */
const MOMENTS = Number(process.env['TREADLE_GC_KILLS'] ?? 4);

/** Bytes that anybody can make again from their number. */
function make(n: number, size: number): Buffer {
  const seed = createHash('sha256').update(String(n)).digest();
  return Buffer.alloc(size, seed);
}

const CONTENTS = [
  ...Array.from({ length: 900 }, (_, i) => make(i, 400 + i)),
  ...[1, 2, 3].map((n) => make(10_000 + n, 4 * 1024 * 1024 + n)),
];
/** Two of three are needed by nobody. */
const NEEDED = CONTENTS.filter((_bytes, i) => i % 3 === 0);

async function opened(home: string) {
  const database = openSqlite(path.join(home, 'test.db'));
  await migrate(database, migrations);
  await requireBelonging({ database, named: 'test.db', folder: path.join(home, 'blobs'), restored: false });
  const store = await openBlobs({
    database,
    backend: openDisk(path.join(home, 'blobs')),
    clock: systemClock,
  });
  return {
    database,
    store,
    async close() {
      await store.close();
      await database.close();
    },
  };
}

/** Collects in a process of its own that dies at a step; says how many steps there were, when it came to the end. */
function collectUntil(
  home: string,
  at: number,
): Promise<{ steps: number | undefined; signal: string | null }> {
  const child = spawn(process.execPath, [CHILD, home, String(at)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((resolve) =>
    child.on('close', (_code, signal) => resolve({ steps: out === '' ? undefined : Number(out), signal })),
  );
}

function tree(folder: string): Array<[string, number]> {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.endsWith('.db') && !name.endsWith('.json'))
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .map((name): [string, number] => [
      name.startsWith('packs') ? 'pack' : name,
      statSync(path.join(folder, name)).size,
    ])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

test('kill -9 at any moment of gc: nothing needed is lost, the next start is allowed, and the next gc ends the work', async (t) => {
  const home = mkdtempSync(path.join(tmpdir(), 'treadle-gc-kill-'));
  try {
    const fresh = path.join(home, 'fresh');
    const first = await opened(fresh);
    await makeNeeds(first.database);
    await first.store.putMany(CONTENTS.map((bytes) => ({ bytes })));
    await need(
      first.database,
      NEEDED.map((bytes) => blake3(bytes)),
    );
    await first.close();

    const whole = path.join(home, 'whole');
    cpSync(fresh, whole, { recursive: true });
    const { steps = 0 } = await collectUntil(whole, 0);
    assert.ok(steps > 30, `${steps} steps`);
    const wanted = tree(path.join(whole, 'blobs'));
    for (let moment = 0; moment < MOMENTS; moment++) {
      // Spread over all steps; further rounds begin between the steps of the first.
      const at: number = 1 + (Math.floor((moment * steps) / Math.min(MOMENTS, steps)) % steps);
      const killed = path.join(home, 'killed');
      cpSync(fresh, killed, { recursive: true });
      const { signal } = await collectUntil(killed, at);
      assert.equal(signal, 'SIGKILL', `step ${at}`);
      const after = await opened(killed);
      for (const bytes of NEEDED)
        assert.ok((await after.store.read(blake3(bytes))).equals(bytes), `step ${at}: a needed blob is gone`);
      for await (const { damaged } of after.store.check()) assert.deepEqual(damaged, [], `step ${at}`);
      assert.deepEqual(readdirSync(path.join(killed, 'blobs', 'temp')), []);
      const { rows } = await sql`select * from blob_doomed`.execute(after.database.db);
      assert.deepEqual(rows, []);
      for await (const { stage } of after.store.collect({ users: [needs], grace: 0, compact: true }))
        assert.ok(stage);
      await after.close();
      assert.deepEqual(tree(path.join(killed, 'blobs')), wanted, `step ${at}`);
      rmSync(killed, { recursive: true });
    }
    t.diagnostic(`${MOMENTS} kills over ${steps} steps`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
