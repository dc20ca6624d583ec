import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { commitVersion } from '../../src/data/index.ts';
import { storeCommands } from '../../src/store-commands.ts';
import { createRun, logBatch, putArtifact } from '../../src/tracking/index.ts';
import type { Ctx } from '../../src/platform/ctx/index.ts';
import { runWith, type Ran } from '../cli.ts';
import { openTest } from '../harness.ts';

const treadle = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');
/** Backups under load; `npm run test:deep` asks for fifty. */
const BACKUPS = Number(process.env['TREADLE_BACKUPS'] ?? 2);

/** In this process, which has loaded all of it: what is told of a store that nobody writes to, and what is refused. */
const here = (url: string, ...argv: string[]): Promise<Ran> => runWith(storeCommands, url, ...argv);
const run = (...argv: string[]): Promise<Ran> => here('http://127.0.0.1:1', ...argv);
async function done<T>(...argv: string[]): Promise<T> {
  const { code, out, err } = await run(...argv, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out) as T;
}
/** By the program itself, beside a server that writes. */
const beside = async <T>(...argv: string[]): Promise<T> =>
  JSON.parse((await promisify(execFile)(treadle, [...argv, '--json'])).stdout) as T;

interface Saved {
  blobs: number;
  fresh: { blobs: number; bytes: number };
}

/** One more artifact, metric and dataset version; all of them are named `n`, so that a restored store can be asked for gaps. */
async function write(ctx: Ctx, id: string, n: number): Promise<void> {
  await putArtifact(ctx, `0/${id}/artifacts/${n}.bin`, {
    source: randomBytes(n % 60 === 9 ? 4_300_000 : 2000 + n),
  });
  await logBatch(ctx, id, { metrics: [{ key: 'n', value: n, step: n, time: n }], params: [], tags: [] });
  const [file] = await ctx.blobs.putMany([{ bytes: randomBytes(900 + n) }]);
  await commitVersion(ctx, { dataset: 'grows', files: [{ path: `${n}.bin`, ...file! }] });
}

/** What a restored store says of itself: every byte and the ledger verified, and no row before another that it has. */
async function whole(data: string, id: string): Promise<number> {
  await using server = await openTest({ data });
  const told = async <T>(...argv: string[]): Promise<T> => {
    const { code, out, err } = await here(server.url, ...argv, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as T;
  };
  const { faults } = await told<{ faults: unknown[] }>('verify');
  assert.deepEqual(faults, []);
  await told('ledger', 'verify');
  const space = await told<{ missing: unknown[]; broken: unknown[] }>('space');
  assert.deepEqual([space.missing, space.broken], [[], []]);
  const artifacts = await fetch(`${server.url}/api/v1/runs/${id}/artifacts`);
  const { items } = (await artifacts.json()) as { items: Array<{ path: string }> };
  const versions = (await (await fetch(`${server.url}/api/v1/datasets/grows`)).json()) as {
    versions: number;
  };
  const last = items.length - 1;
  for (let n = 0; n <= last; n++)
    assert.ok(
      items.some((item) => item.path.endsWith(`/${n}.bin`) || item.path === `${n}.bin`),
      `artifact ${n}`,
    );
  assert.ok(versions.versions === last || versions.versions === last + 1, `${versions.versions} versions`);
  return items.length;
}

test('backups of a server that goes on writing restore to a whole store, and the second copies only what is new', async (t) => {
  const home = mkdtempSync(path.join(tmpdir(), 'treadle-backup-'));
  try {
    const [data, folder, key] = ['data', 'backup', 'ledger.key'].map((name) => path.join(home, name));
    await using server = await openTest({ data: data! });
    const { ctx } = server;
    const id = await createRun(ctx, { experiment: '0' });
    let n = 0;
    await write(ctx, id, n++);
    // Writes go on from before each backup until after it.
    let writing = true;
    let wake = Promise.withResolvers<void>();
    const writer = (async () => {
      for (;;) {
        await wake.promise;
        if (!writing) return;
        await write(ctx, id, n++);
      }
    })();
    let seen = 0;
    try {
      for (let i = 0; i < BACKUPS; i++) {
        const [before, gate] = [n, wake];
        gate.resolve();
        const saved = await beside<Saved>('backup', folder!, '--data', data!, '--key', key!);
        wake = Promise.withResolvers();
        assert.ok(n > before, 'the server wrote meanwhile');
        if (i > 0) assert.ok(saved.fresh.blobs < saved.blobs, 'what is there is not copied again');
        const to = path.join(home, `restored-${i}`);
        await done('restore', folder!, '--data', to, '--key', key!);
        const artifacts = await whole(to, id);
        assert.ok(artifacts >= seen, 'a later backup has more');
        seen = artifacts;
        rmSync(to, { recursive: true });
      }
    } finally {
      writing = false;
      wake.resolve();
      await writer;
    }
    t.diagnostic(`${BACKUPS} backups, ${n} rounds of writes beside them`);
    const last = await done<Saved>('backup', folder!, '--data', data!);
    const again = await done<Saved>('backup', folder!, '--data', data!);
    assert.equal(again.blobs, last.blobs);
    assert.deepEqual(again.fresh, { blobs: 0, bytes: 0 });
    assert.equal(readdirSync(folder!).filter((name) => name.endsWith('.db')).length, 1);
    assert.equal(
      readdirSync(folder!, { recursive: true, encoding: 'utf8' }).some((name) => name.includes('key')),
      false,
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test('a backup that is killed leaves the one before; a restore overwrites nothing and says what is wrong', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'treadle-backup-kill-'));
  try {
    const [data, folder, key] = ['data', 'backup', 'ledger.key'].map((name) => path.join(home, name));
    let id = '';
    {
      await using server = await openTest({ data: data! });
      id = await createRun(server.ctx, { experiment: '0' });
      for (let n = 0; n < 5; n++) await write(server.ctx, id, n);
      await done('backup', folder!, '--data', data!, '--key', key!);
      for (let n = 5; n < 12; n++) await write(server.ctx, id, n);
    }
    // Killed as soon as its database is there, and again as soon as one more file of blobs is.
    for (const sign of ['.db', '.new']) {
      const before = readdirSync(folder!, { recursive: true }).length;
      const child = spawn(treadle, ['backup', folder!, '--data', data!], { stdio: 'ignore', detached: true });
      const ended = new Promise((resolve) => child.on('close', resolve));
      while (child.exitCode === null && readdirSync(folder!, { recursive: true }).length <= before)
        await new Promise((resolve) => void setImmediate(resolve));
      if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
      await ended;
      const first = path.join(home, `after${sign}`);
      await done('restore', folder!, '--data', first, '--key', key!);
      const artifacts = await whole(first, id);
      assert.ok(artifacts === 5 || artifacts === 12, `${artifacts} artifacts`);
    }
    // Refusals.
    const full = path.join(home, 'full');
    mkdirSync(full);
    writeFileSync(path.join(full, 'mine.txt'), 'mine');
    assert.match((await run('restore', folder!, '--data', full)).err, /is not empty/);
    assert.deepEqual(readdirSync(full), ['mine.txt']);
    assert.match((await run('backup', full, '--data', data!)).err, /holds no backup/);
    assert.match((await run('backup', path.join(data!, 'b'), '--data', data!)).err, /one within the other/);
    assert.match(
      (await run('backup', folder!, '--data', path.join(home, 'nothing'))).err,
      /there is no store/,
    );
    assert.match((await run('restore', full, '--data', path.join(home, 'x'))).err, /no whole backup/);
    assert.match(
      (await run('backup', folder!, '--data', data!, '--key', path.join(folder!, 'k'))).err,
      /keep the key apart/,
    );
    for (const argv of [
      ['backup', '', '--data', data!],
      ['restore', '', '--data', path.join(home, 'x')],
    ])
      assert.match((await run(...argv)).err, /the name of the folder is empty[^]*name a folder/);
    // A backup that has rotted restores nothing as good.
    const [pack] = readdirSync(path.join(folder!, 'blobs', 'packs'));
    const handle = await open(path.join(folder!, 'blobs', 'packs', pack!), 'r+');
    await handle.write(
      readFileSync(path.join(folder!, 'blobs', 'packs', pack!))
        .subarray(60, 61)
        .map((byte) => byte ^ 1),
      0,
      1,
      60,
    );
    await handle.close();
    const rotten = await run('restore', folder!, '--data', path.join(home, 'rotten'), '--key', key!);
    assert.equal(rotten.code, 1);
    assert.match(rotten.err, /1 blob could not be restored/);
    assert.match(rotten.out, /restored \d+ of \d+ blobs/);
    assert.ok(rotten.out.includes(path.join(folder!, 'blobs', 'packs', pack!)), rotten.out);
    assert.equal(
      readdirSync(home).some((name) => name.includes('.restoring-')),
      false,
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
