import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { createRun, deleteRun, putArtifact } from '../../src/tracking/index.ts';
import { openTest, type TestServer } from '../harness.ts';
import { freshPostgres } from '../postgres.ts';

const url = process.env['TREADLE_TEST_PG'] ?? '';
const skip = url === '' ? 'TREADLE_TEST_PG is not set' : false;
const program = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');
const run = promisify(execFile);
const treadle = async (...args: string[]): Promise<string> => (await run(program, args)).stdout;

/** Runs of the server's own, each with an artifact of random bytes. */
async function makeRuns(server: TestServer, many: number): Promise<Map<string, Buffer>> {
  const made = new Map<string, Buffer>();
  for (let i = 0; i < many; i++) {
    const id = await createRun(server.ctx, { experiment: '0' });
    const bytes = randomBytes(5000);
    await putArtifact(server.ctx, `0/${id}/artifacts/a.bin`, { source: bytes });
    made.set(id, bytes);
  }
  return made;
}

const readArtifact = (server: TestServer, id: string): Promise<Response> =>
  fetch(`${server.url}/api/v1/runs/${id}/artifacts/a.bin`);

test(
  'a store on Postgres: gc gives space back, and a backup says that it holds the blobs alone',
  { skip },
  async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'treadle-backup-pg-'));
    await using database = await freshPostgres(url);
    const data = path.join(home, 'data');
    const place = ['--data', data, '--db', database.url];
    try {
      {
        await using server = await openTest({ data, db: database.url });
        const [, goes] = [...(await makeRuns(server, 2)).keys()];
        await deleteRun(server.ctx, goes!);
      }
      const done = JSON.parse(await treadle('gc', ...place, '--grace', '0', '--json')) as {
        removed: { blobs: number };
        used: number;
        purged: { runs: number };
      };
      assert.deepEqual([done.removed.blobs, done.used, done.purged.runs], [1, 1, 1]);
      const backup = path.join(home, 'backup');
      const saved = await treadle('backup', backup, ...place);
      assert.match(saved, /1 blob/);
      assert.match(saved, /NOT in this backup: run pg_dump/);
      const restored = path.join(home, 'restored');
      await assert.rejects(treadle('restore', backup, '--data', restored), /its database is on Postgres/);
      assert.equal(existsSync(restored), false);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
);

const dumps = spawnSync('pg_dump', ['--version']).status === 0;
test(
  'a dump of Postgres and the backup after it come back as a store, made beside a server that goes on',
  { skip: skip || (dumps ? false : 'there is no pg_dump on the PATH') },
  async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'treadle-backup-pg-'));
    await using database = await freshPostgres(url);
    await using empty = await freshPostgres(url);
    const [data, backup, key, dump] = ['data', 'backup', 'kept.key', 'dump'].map((name) =>
      path.join(home, name),
    );
    const save = async (): Promise<{ blobs: number; fresh: { blobs: number }; database: boolean }> =>
      JSON.parse(
        await treadle('backup', backup!, '--data', data!, '--db', database.url, '--key', key!, '--json'),
      ) as { blobs: number; fresh: { blobs: number }; database: boolean };
    let before: Map<string, Buffer>;
    let late: Map<string, Buffer>;
    try {
      {
        await using server = await openTest({ data: data!, db: database.url });
        before = await makeRuns(server, 5);
        assert.deepEqual(pick(await save()), [5, 5, false]);
        for (const [id, bytes] of await makeRuns(server, 3)) before.set(id, bytes);
        await run('pg_dump', ['--format=custom', `--file=${dump}`, database.url]);
        // What comes after the dump is in the backup, too, and no harm: rows of the dump do not name it.
        late = await makeRuns(server, 2);
        assert.deepEqual(pick(await save()), [10, 5, false]);
        assert.deepEqual(server.errors, []);
      }
      // As `treadle restore` says, and docs/operating.md.
      const restored = path.join(home, 'restored');
      await run('pg_restore', ['--no-owner', '--exit-on-error', `--dbname=${empty.url}`, dump!]);
      mkdirSync(restored, { mode: 0o700 });
      cpSync(path.join(backup!, 'blobs'), path.join(restored, 'blobs'), { recursive: true });
      cpSync(key!, path.join(restored, 'ledger.key'));
      await using server = await openTest({ data: restored, db: empty.url, config: { restored: true } });
      for (const [id, bytes] of before)
        assert.deepEqual(Buffer.from(await (await readArtifact(server, id)).arrayBuffer()), bytes);
      for (const id of late.keys()) assert.equal((await readArtifact(server, id)).status, 404);
      const { stdout } = await run(program, ['verify', '--json'], {
        env: { ...process.env, TREADLE_URL: server.url },
      });
      assert.deepEqual(JSON.parse(stdout), { blobs: 8, bytes: 40_000, damaged: 0, faults: [] });
      const ledger = await fetch(`${server.url}/api/v1/ledger/verification`);
      assert.equal(((await ledger.json()) as { ok: boolean }).ok, true);
      // And it goes on.
      for (const id of (await makeRuns(server, 1)).keys())
        assert.equal((await readArtifact(server, id)).status, 200);
      assert.deepEqual(server.errors, []);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
);

const pick = (done: { blobs: number; fresh: { blobs: number }; database: boolean }): unknown[] => [
  done.blobs,
  done.fresh.blobs,
  done.database,
];
