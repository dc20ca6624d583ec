import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { createRun, deleteRun, putArtifact } from '../../src/tracking/index.ts';
import { openTest } from '../harness.ts';
import { freshPostgres } from '../postgres.ts';

const url = process.env['TREADLE_TEST_PG'] ?? '';
const treadle = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');

test(
  'a store on Postgres: gc gives space back, and a backup says that it holds the blobs alone',
  { skip: url === '' ? 'TREADLE_TEST_PG is not set' : false },
  async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'treadle-backup-pg-'));
    await using database = await freshPostgres(url);
    const data = path.join(home, 'data');
    const place = ['--data', data, '--db', database.url];
    try {
      {
        await using server = await openTest({ data, db: database.url });
        for (const state of ['stays', 'goes']) {
          const run = await createRun(server.ctx, { experiment: '0' });
          await putArtifact(server.ctx, `0/${run}/artifacts/a.bin`, { source: randomBytes(5000) });
          if (state === 'goes') await deleteRun(server.ctx, run);
        }
      }
      const { stdout } = await promisify(execFile)(treadle, ['gc', ...place, '--grace', '0', '--json']);
      const done = JSON.parse(stdout) as {
        removed: { blobs: number };
        used: number;
        purged: { runs: number };
      };
      assert.deepEqual([done.removed.blobs, done.used, done.purged.runs], [1, 1, 1]);
      const backup = path.join(home, 'backup');
      const saved = await promisify(execFile)(treadle, ['backup', backup, ...place]);
      assert.match(saved.stdout, /1 blob/);
      assert.match(saved.stdout, /NOT in this backup: run pg_dump/);
      const restored = path.join(home, 'restored');
      await assert.rejects(
        promisify(execFile)(treadle, ['restore', backup, '--data', restored]),
        /its database is on Postgres/,
      );
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
);
