import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createToken } from '../../src/access/index.ts';
import type { DatasetDetail } from '../../src/data/contract.ts';
import { runHere } from '../cli.ts';
import { openTest } from '../harness.ts';
import { DvcRepository, dvcFile } from './dvc-repository.ts';

// DVC's own client, whole: what it asks and sends is kept in dvc-wire.test.ts, which runs everywhere.

const python = process.env['TREADLE_DVC_PYTHON'];
const skip =
  process.env['TREADLE_DVC'] === undefined
    ? 'npm run test:deep -- dvc runs the real client'
    : python === undefined
      ? 'there is no environment with DVC'
      : false;

const OPEN = `
import sys, dvc.api
with dvc.api.open(sys.argv[2], repo=sys.argv[1]) as file:
    sys.stdout.write(file.read())
`;

test(
  'the real DVC client pushes, pulls, fetches, compares, gets, imports and opens',
  { skip, timeout: 1_800_000 },
  async () => {
    await using server = await openTest();
    const home = mkdtempSync(path.join(tmpdir(), 'treadle-dvc-client-'));
    const env = {
      ...process.env,
      HOME: home,
      PATH: `${path.dirname(python!)}:${process.env['PATH'] ?? ''}`,
      DVC_NO_ANALYTICS: '1',
      GIT_AUTHOR_NAME: 'Ana',
      GIT_AUTHOR_EMAIL: 'ana@example.org',
      GIT_COMMITTER_NAME: 'Ana',
      GIT_COMMITTER_EMAIL: 'ana@example.org',
    };
    const run = (cwd: string, program: string, ...args: string[]): Promise<{ code: number; said: string }> =>
      new Promise((resolve) => {
        execFile(program, args, { cwd, env, encoding: 'utf8' }, (error, out, err) =>
          resolve({ code: error ? 1 : 0, said: `${out}${err}` }),
        );
      });
    const done = async (cwd: string, program: string, ...args: string[]): Promise<string> => {
      const { code, said } = await run(cwd, program, ...args);
      assert.equal(code, 0, `${program} ${args.join(' ')}\n${said}`);
      return said;
    };
    const start = async (name: string, remote: string): Promise<string> => {
      const folder = path.join(home, name);
      mkdirSync(folder);
      await done(folder, 'git', 'init', '--quiet', '--initial-branch', 'main');
      await done(folder, 'dvc', 'init', '--quiet');
      await done(folder, 'dvc', 'remote', 'add', '--quiet', '-d', 't', `${server.url}/dvc/${remote}`);
      return folder;
    };
    const versions = async (dataset: string): Promise<DatasetDetail> =>
      (await (await fetch(`${server.url}/api/v1/datasets/${dataset}`)).json()) as DatasetDetail;
    const forget = (folder: string, ...names: string[]): void => {
      for (const name of ['.dvc/cache', '.dvc/tmp', ...names])
        rmSync(path.join(folder, name), { recursive: true, force: true });
    };
    const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

    try {
      for (const method of ['POST', 'PUT']) {
        for (const auth of ['none', 'basic', 'bearer']) {
          const name = `${method.toLowerCase()}-${auth}`;
          const folder = await start(name, name);
          const modify = (...words: string[]) =>
            done(folder, 'dvc', 'remote', 'modify', '--local', 't', ...words);
          await modify('method', method);
          if (auth !== 'none') {
            const { secret } = await createToken(server.ctx, { name, role: 'editor' });
            await modify('auth', auth === 'basic' ? 'basic' : 'custom');
            if (auth === 'basic') await modify('user', 'anybody');
            else await modify('custom_auth_header', 'Authorization');
            await modify('password', auth === 'basic' ? secret : `Bearer ${secret}`);
          }
          mkdirSync(path.join(folder, 'data', 'sub'), { recursive: true });
          writeFileSync(path.join(folder, 'data', 'a.txt'), `one ${name}\n`);
          writeFileSync(path.join(folder, 'data', 'sub', 'ü b.txt'), `two ${name}\n`);
          writeFileSync(path.join(folder, 'data', 'empty'), '');
          writeFileSync(path.join(folder, 'one.bin'), Buffer.alloc(6_000_000, name));
          const whole = digest(path.join(folder, 'one.bin'));
          await done(folder, 'dvc', 'add', '--quiet', 'data', 'one.bin');
          await done(folder, 'git', 'add', '-A');
          await done(folder, 'git', 'commit', '--quiet', '-m', 'first');
          assert.match(await done(folder, 'dvc', 'push'), /5 files pushed/);
          assert.match(await done(folder, 'dvc', 'push'), /Everything is up to date/);
          assert.match(await done(folder, 'dvc', 'status', '-c'), /in sync/);
          const { versions: count, refs } = await versions(name);
          assert.deepEqual([count, refs.map((ref) => [ref.name, ref.version])], [1, [['main', 'v1']]]);
          forget(folder, 'data', 'one.bin');
          assert.match(await done(folder, 'dvc', 'status', '-c'), /deleted/);
          assert.match(await done(folder, 'dvc', 'fetch'), /files fetched/);
          forget(folder);
          await done(folder, 'dvc', 'pull');
          assert.equal(digest(path.join(folder, 'one.bin')), whole);
          assert.equal(readFileSync(path.join(folder, 'data', 'sub', 'ü b.txt'), 'utf8'), `two ${name}\n`);

          // Another repository reads this one, whose cache is empty: through the remote.
          forget(folder);
          await done(home, 'dvc', 'get', folder, 'data', '-o', `${name}-got`);
          assert.ok(existsSync(path.join(home, `${name}-got`, 'empty')));
          assert.equal(await done(home, python!, '-c', OPEN, folder, 'data/a.txt'), `one ${name}\n`);
          const other = await start(`${name}-other`, `${name}-other`);
          await done(other, 'dvc', 'import', '--quiet', folder, 'data');
          assert.equal(readFileSync(path.join(other, 'data', 'a.txt'), 'utf8'), `one ${name}\n`);
        }
      }

      // What was added with DVC 2 travels in DVC 2's layout.
      const old = new DvcRepository(await start('old', 'old'));
      const oid = old.put('a\r\nb\r\n', {
        layout: '',
        oid: createHash('md5').update('a\nb\n').digest('hex'),
      });
      writeFileSync(path.join(old.folder, 'old.csv.dvc'), dvcFile('old.csv', oid, { hash: '' }));
      assert.match(await done(old.folder, 'dvc', 'push'), /1 file pushed/);
      assert.match(await done(old.folder, 'dvc', 'status', '-c'), /in sync/);
      forget(old.folder);
      await done(old.folder, 'dvc', 'pull');
      assert.equal(readFileSync(path.join(old.folder, 'old.csv'), 'utf8'), 'a\r\nb\r\n');

      // A refusal is read on the terminal.
      const closed = await start('closed', 'closed');
      writeFileSync(path.join(closed, 'x'), 'x\n');
      await done(closed, 'dvc', 'add', '--quiet', 'x');
      const { secret } = await createToken(server.ctx, { name: 'reader', role: 'viewer' });
      for (const words of [
        ['auth', 'custom'],
        ['custom_auth_header', 'Authorization'],
        ['password', `Bearer ${secret}`],
      ])
        await done(closed, 'dvc', 'remote', 'modify', '--local', 't', ...words);
      const refused = await run(closed, 'dvc', 'push');
      assert.equal(refused.code, 1);
      assert.match(refused.said, /403/);

      // The history of a repository that DVC made, and after it DVC finds everything where it was brought.
      const project = await start('project', 'project');
      for (const text of ['a,b\n1,2\n', 'a,b\n1,3\n', 'a,b\n1,4\n']) {
        writeFileSync(path.join(project, 'table.csv'), text);
        await done(project, 'dvc', 'add', '--quiet', 'table.csv');
        await done(project, 'git', 'add', '-A');
        await done(project, 'git', 'commit', '--quiet', '-m', `state ${text.at(-2)}`);
      }
      const brought = await runHere(server.url, 'import', 'dvc', project, '--dataset', 'project');
      assert.equal(brought.code, 0, brought.err);
      assert.match(brought.out, /table\.csv → project: 3 new versions, of 3 states/);
      assert.match(await done(project, 'dvc', 'push', '--all-commits'), /Everything is up to date/);
      assert.deepEqual(server.errors, []);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
);
