import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { sql } from 'kysely';
import { runHere } from '../../../test/cli.ts';
import { openTest, type TestServer } from '../../../test/harness.ts';

let server: TestServer;
const home = mkdtempSync(path.join(tmpdir(), 'treadle-cli-'));
/** The bundle of these sources, where the run has one: it starts in a third of the time. */
const bundle = process.env['TREADLE_BUNDLE'];
const MAIN =
  bundle === undefined ? path.join(import.meta.dirname, '..', '..', 'main.ts') : path.join(bundle, 'main.js');

const cwd = process.cwd();
before(async () => {
  server = await openTest();
  process.chdir(home);
  process.env['XDG_CACHE_HOME'] = path.join(home, '.cache');
});
after(async () => {
  process.chdir(cwd);
  await server[Symbol.asyncDispose]();
  rmSync(home, { recursive: true });
});

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** In this process: to start one takes longer than what most commands do. */
const treadle = (...args: string[]): Promise<Ran> => runHere(server.url, 'data', ...args);

function treadleAlone(...args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, 'data', ...args], {
    cwd: home,
    env: {
      PATH: process.env['PATH'],
      TREADLE_URL: server.url,
      XDG_CACHE_HOME: path.join(home, '.cache'),
      NODE_COMPILE_CACHE: path.join(home, '.cache/node'),
    },
  });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (ran.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (ran.err += chunk.toString()));
  return new Promise((resolve) => void child.on('close', (code) => resolve({ ...ran, code })));
}

async function ok(...args: string[]): Promise<string> {
  const ran = await treadle(...args);
  assert.equal(ran.code, 0, ran.err);
  return ran.out;
}

const folder = (name: string, files: Record<string, string | Buffer>): string => {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(home, name, file)), { recursive: true });
    writeFileSync(path.join(home, name, file), content);
  }
  return name;
};
const versions = async (): Promise<number> =>
  (await sql<{ n: number }>`select count(*) as n from dataset_version`.execute(server.ctx.db)).rows[0]!.n;

test('commit, log, ls, show, diff, tag, branch, checkout and sql', async () => {
  folder('birds', {
    'a b.csv': 'id,name\n1,wren\n2,owl\n',
    'deep/er/notes.txt': 'hello',
    'run.sh': '#!/bin/sh\n',
  });
  chmodSync(path.join(home, 'birds/run.sh'), 0o755);
  const first = await treadleAlone(
    'commit',
    'birds',
    'birds',
    '-m',
    'first',
    '--source',
    'https://example.org',
    '--meta',
    'sensor=A7',
    '--meta',
    'k=v=w',
  );
  assert.match(first.out, /^committed birds@v1 \([0-9a-f]{8}\) to main: 3 files/);
  assert.match(first.err, /read 3 files, 36 B; uploaded 36 B in 3 new blobs/);
  assert.match(
    await ok('commit', 'birds', 'birds', '-m', 'again'),
    /^nothing changed: birds@main is still v1/,
  );
  appendFileSync(path.join(home, 'birds/a b.csv'), '3,crow\n');
  assert.match(await ok('commit', 'birds', 'birds', '-m', 'crow'), /^committed birds@v2/);
  assert.match(await ok('ls'), /birds +2 +v2/);
  assert.match(await ok('ls', 'birds@v1'), /a b\.csv[\s\S]*deep\/[\s\S]*run\.sh/);
  assert.match(await ok('ls', '-r', 'birds/deep'), /deep\/er\/notes\.txt/);
  assert.match(await ok('log', 'birds'), /v2 .*main +crow\nv1 .*first/);
  assert.match(await ok('show', 'birds@v1'), /source +https:\/\/example\.org\nsensor +A7\nk +v=w/);
  assert.match(
    await ok('diff', 'birds@v1', 'v2'),
    /~ +a b\.csv +21 B +28 B\nv1 → v2: 0 added, 0 removed, 1 modified, 0 renamed/,
  );
  assert.match(await ok('tag', 'birds@v1', 'paper'), /birds@paper is v1/);
  assert.match(await ok('branch', 'birds', 'dev', '--at', 'paper'), /birds@dev is at v1/);
  assert.match((await treadle('branch', 'birds', 'main', '--at', 'v1')).err, /needs a reason[\s\S]*--reason/);
  assert.match(
    await ok('branch', 'birds', 'main', '--at', 'v1', '--reason', 'crows are wrong'),
    /birds@main is at v1/,
  );
  assert.match(await ok('branch', 'birds'), /main +branch +v1/);
  await ok('checkout', 'birds@paper', 'out');
  assert.equal(readFileSync(path.join(home, 'out/a b.csv'), 'utf8'), 'id,name\n1,wren\n2,owl\n');
  assert.equal(readFileSync(path.join(home, 'out/deep/er/notes.txt'), 'utf8'), 'hello');
  assert.ok((statSync(path.join(home, 'out/run.sh')).mode & 0o100) !== 0);
  assert.match((await treadle('checkout', 'birds', 'out')).err, /is not empty/);
  assert.match(await ok('sql', "select count(*) as n from 'birds@v2'"), /^n\n3\n\(1 row\)/);
});

test('--json prints one document everywhere', async () => {
  folder('js', { 'x.csv': 'a\n1\n' });
  type Json = Record<string, unknown>;
  const json = async (...args: string[]): Promise<Json> => {
    const ran = await treadle('--json', ...args);
    assert.equal(ran.err, '');
    return JSON.parse(ran.out) as Json;
  };
  const committed = await json('commit', 'js', 'js', '-m', 'm');
  assert.deepEqual(
    [committed['unchanged'], committed['new_blobs'], (committed['version'] as Json)['name']],
    [false, 1, 'v1'],
  );
  assert.equal(((await json('log', 'js')) as unknown as Json[])[0]!['message'], 'm');
  for (const args of [
    ['ls'],
    ['ls', 'js'],
    ['show', 'js'],
    ['diff', 'js@v1', 'main'],
    ['branch', 'js'],
    ['sql', "select * from 'js'"],
    ['checkout', 'js', 'js-out'],
    ['tag', 'js', 't1'],
  ])
    await json(...args);
  const failed = await treadleAlone('--json', 'show', 'nothing');
  assert.deepEqual(
    [failed.code, failed.out, (JSON.parse(failed.err) as { error: { kind: string } }).error.kind],
    [1, '', 'missing'],
  );
});

test('bad data: a clear error each, and nothing half committed', async () => {
  const before = await versions();
  mkdirSync(path.join(home, 'nothing/in/here'), { recursive: true });
  folder('link', { 'a.txt': 'x' });
  symlinkSync('nowhere', path.join(home, 'link/dangling'));
  folder('loop', { 'a.txt': 'x' });
  symlinkSync('..', path.join(home, 'loop/up'));
  const bad: ReadonlyArray<[string, RegExp]> = [
    ['does-not-exist', /there is no file or directory "does-not-exist"/],
    ['nothing', /there is no file in "nothing"/],
    [folder('e', { 'empty.parquet': '' }), /"empty\.parquet" is an empty file\n.*--allow-empty/],
    [folder('z', { 'zero.csv': 'a,b\n' }), /"zero\.csv" is a table without a row\n.*--allow-empty/],
    [
      folder('p', { 'bad.parquet': 'PAR1this is not parquet' }),
      /"bad\.parquet" is a broken Parquet file: .*\n.*--allow-broken/,
    ],
    [folder('n', { 'line\nbreak.txt': 'x' }), /"line\\nbreak\.txt" has a line break/],
    [folder('b', { 'back\\slash.txt': 'x' }), /backslash/],
    [folder('u', { 'e\u0301.txt': 'x', '\u00e9.txt': 'y' }), /the same name, composed differently/],
    ['link', /the link "dangling" leads nowhere/],
    ['loop', /the link "up" leads back/],
  ];
  for (const [target, why] of bad) {
    const ran = await treadle('commit', 'bad', target, '-m', 'x');
    assert.equal(ran.code, 1, target);
    assert.match(ran.err, why);
    assert.match(ran.err, /\n {2}→ /, 'and what to do');
  }
  for (const name of ['..', 'a b', '../x', 'x'.repeat(300), 'a\nb', 'a/b']) {
    const ran = await treadle('commit', name, 'birds');
    assert.deepEqual([ran.code, ran.out], [1, ''], name);
    assert.match(ran.err, /^treadle: ".*" cannot name a dataset\n {2}→ use letters/);
  }
  // 300 bytes fit no file name, so they come through the API alone; see data/versions.test.ts.
  for (const [option, why] of [
    ['--meta=bad key!=x', /meta.*bad key!/],
    ['--meta=novalue', /is not key=value/],
    ['--branch=a/b', /cannot name a branch/],
  ] as const)
    assert.match((await treadle('commit', 'bad', 'birds', option)).err, why);
  assert.equal(await versions(), before);
  assert.equal((await treadle('show', 'bad')).code, 1);
  assert.equal((await treadle('commit', 'bad', 'e', '--allow-empty')).code, 0);
  assert.equal((await treadle('commit', 'bad', 'p', '--allow-broken')).code, 0);
});

test(
  'a name that is not UTF-8 is named',
  { skip: process.platform !== 'linux' && 'only Linux has such names' },
  async () => {
    mkdirSync(path.join(home, 'latin'));
    writeFileSync(
      Buffer.concat([
        Buffer.from(path.join(home, 'latin/')),
        Buffer.from([0x66, 0xe9, 0x2e, 0x63, 0x73, 0x76]),
      ]),
      'x',
    );
    assert.match((await treadle('commit', 'latin', 'latin')).err, /not valid Unicode/);
  },
);

test('a file that is written to while it is committed: refused by name, or whole as it was found', async () => {
  folder('live', { 'log.bin': Buffer.alloc(60 * 1024 * 1024, 1), 'other.txt': 'x' });
  const file = path.join(home, 'live/log.bin');
  const before = await versions();
  let on = true;
  const writer = (async () => {
    while (on) {
      appendFileSync(file, 'more');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const ran = await treadleAlone('commit', 'live', 'live', '-m', 'x');
  on = false;
  await writer;
  assert.equal(ran.code, 1, ran.out);
  assert.match(ran.err, /the file "log\.bin" changed while it was read: .*; nothing was committed/);
  assert.equal(await versions(), before);
  truncateSync(file, 1024);
  assert.equal((await treadle('commit', 'live', 'live', '-m', 'x')).code, 0);
});

const root = process.getuid?.() === 0 && process.platform === 'linux';

test(
  'a full disk, of the server or our own: said so, and nothing half committed',
  { skip: root ? false : 'needs root, to mount small disks' },
  async () => {
    const disk = path.join(home, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
    const usual = server;
    try {
      folder('big', { 'a.bin': randomBytes(32 * 1024 * 1024), 'b.txt': 'x' });
      server = await openTest({ data: path.join(disk, 'state') });
      for (const target of ['big', 'big/a.bin']) {
        const ran = await treadle('commit', 'full', target, '-m', 'x');
        assert.deepEqual([ran.code, ran.out], [1, '']);
        assert.match(
          ran.err,
          /the disk that holds the data folder is full; nothing of this request was kept\n {2}→ free some space/,
        );
      }
      assert.equal(await versions(), 0);
      // Room for what fits, without a restart.
      assert.equal((await treadle('commit', 'fits', 'birds', '-m', 'x')).code, 0);
      await server[Symbol.asyncDispose]();
      server = usual;
      await ok('commit', 'big', 'big', '-m', 'x');
      const ran = await treadle('checkout', 'big', 'disk/out');
      assert.match(ran.err, /this disk is full; nothing was checked out/);
      assert.deepEqual(readdirSync(disk), ['state']);
    } finally {
      server = usual;
      execFileSync('umount', [disk]);
    }
  },
);

test('checkout leaves nothing behind when it fails', async () => {
  const before = readdirSync(home).toSorted();
  for (const wanted of ['birds@v99', 'nothing', 'birds@main/x', ''])
    assert.equal((await treadle('checkout', wanted, 'fresh')).code, 1);
  assert.deepEqual(readdirSync(home).toSorted(), before);
});
