import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { DatasetVersion } from '../../src/data/contract.ts';
import { runHere } from '../cli.ts';
import { openTest } from '../harness.ts';
import { dvcFile, DvcRepository, md5 } from './dvc-repository.ts';

/** `npm run test:deep -- dvc` brings hundreds. */
const COMMITS = Number(process.env['TREADLE_DVC_COMMITS'] ?? 9);

const CONFIG =
  '[core]\n    remote = far\n[\'remote "far"\']\n    url = s3://bucket/x\n[\'remote "near"\']\n    url = ../../shelf\n';

/** Two lines that merge, a stage, a file that Git keeps, one of DVC 2, and one whose object is gone. */
function history(folder: string): { lost: string; repository: DvcRepository } {
  const repository = new DvcRepository(folder);
  let at = repository.commit('main', 'init', { '.dvc/config': CONFIG });
  for (let i = 0; i < COMMITS; i++) {
    const files: Record<string, string> = {
      'data/raw.dvc': dvcFile(
        'raw',
        repository.putListing({ 'a.txt': 'always\n', [`f${i % 3}.txt`]: `${i}\n`, 'sub/b.txt': 'b\n' }),
      ),
    };
    if (i % 3 === 0) files['one.csv.dvc'] = dvcFile('one.csv', repository.put(`a,b\n1,${i}\n`));
    if (i === 1) {
      const model = `    - path: model.bin\n      hash: md5\n      md5: ${repository.put('model')}\n      size: 5\n      isexec: true\n`;
      const metrics = `    - path: m.json\n      hash: md5\n      md5: ${md5('{}')}\n      size: 2\n`;
      files['dvc.lock'] =
        `schema: '2.0'\nstages:\n  train:\n    cmd: python train.py\n    outs:\n${model}${metrics}`;
      files['m.json'] = '{}';
    }
    if (i === 2) {
      const oid = repository.put('a\r\nb\r\n', { layout: '', oid: md5('a\nb\n') });
      files['old.txt.dvc'] = dvcFile('old.txt', oid, { hash: '' });
    }
    if (i === 3) files['gone.bin.dvc'] = dvcFile('gone.bin', md5('gone'));
    if (i === 4) files['gone.bin.dvc'] = dvcFile('gone.bin', repository.put('found'));
    at = repository.commit('main', `change ${i}\n\nbody`, files, [at]);
  }
  const one = (text: string) => ({ 'one.csv.dvc': dvcFile('one.csv', repository.put(text)) });
  const side = repository.commit('side', 'on the side', one('a,b\n9,9\n'), [at]);
  const main = repository.commit('main', 'on main', one('a,b\n8,8\n'), [at]);
  repository.commit('main', 'merged', one('a,b\n8,9\n'), [main, side]);
  repository.write();
  return { lost: md5('gone'), repository };
}

interface Account {
  commits: number;
  unread: unknown[];
  unreachable: string[];
  outputs: Array<{
    output: string;
    dataset: string;
    states: number;
    made: number;
    known: number;
    in_git: number;
    missing: Array<{ oid: string; why: string }>;
  }>;
}

test('the history of a DVC repository comes as versions, once; what is missing is said, and comes later', async () => {
  await using server = await openTest();
  const home = mkdtempSync(path.join(tmpdir(), 'treadle-dvc-'));
  try {
    const { lost, repository } = history(path.join(home, 'repository'));
    const run = async (...more: string[]): Promise<{ code: number; account: Account; err: string }> => {
      const { code, out, err } = await runHere(
        server.url,
        'import',
        'dvc',
        repository.folder,
        '--json',
        ...more,
      );
      return { code, account: (out === '' ? {} : JSON.parse(out)) as Account, err };
    };
    const versions = async (dataset: string): Promise<DatasetVersion[]> => {
      const answer = await fetch(`${server.url}/api/v1/datasets/${dataset}/versions?limit=1000`);
      return ((await answer.json()) as { items: DatasetVersion[] }).items.toReversed();
    };

    // A cache that does not hold what its names say: nothing of it comes in.
    const broken = md5('always\n');
    writeFileSync(repository.place(broken), 'otherwise\n');
    const first = await run('--out', 'data/raw');
    assert.equal(first.code, 1);
    assert.deepEqual(
      first.account.outputs.map(({ made, missing }) => [made, missing.length]),
      [[0, COMMITS]],
    );
    assert.match(
      first.account.outputs[0]!.missing[0]!.why,
      /1 of its files; .* does not hold what its name says/,
    );
    repository.put('always\n');

    const { code, account } = await run();
    assert.equal(code, 1, 'one object is gone');
    assert.deepEqual(account.unread, []);
    assert.deepEqual(account.unreachable, ['far (s3://bucket/x)']);
    assert.equal(account.commits, COMMITS + 4);
    const ones = Math.ceil(COMMITS / 3) + 3;
    assert.deepEqual(
      account.outputs.map(({ output, dataset, states, made, in_git, missing }) => [
        output,
        dataset,
        states,
        made,
        in_git,
        missing.length,
      ]),
      [
        ['data/raw', 'raw', COMMITS, COMMITS, 0, 0],
        ['gone.bin', 'gone.bin', 2, 1, 0, 1],
        ['m.json', 'm.json', 1, 0, 1, 0],
        ['model.bin', 'model.bin', 1, 1, 0, 0],
        ['old.txt', 'old.txt', 1, 1, 0, 0],
        ['one.csv', 'one.csv', ones, ones, 0, 0],
      ],
    );

    const raw = await versions('raw');
    for (const [i, version] of raw.entries()) {
      assert.deepEqual(version.parents, i === 0 ? [] : [raw[i - 1]!.id]);
      assert.equal(version.message, `change ${i}\n\nbody`);
      assert.equal(version.meta['git.author'], 'Ana Ö <ana@example.org>');
      assert.match(version.meta['git.time']!, /^2023-11-15T00:\d\d:\d\d\+02:00$/);
    }
    const table = await versions('one.csv');
    const called = (text: string): DatasetVersion => table.find(({ message }) => message === text)!;
    const [side, main] = [called('on the side'), called('on main')];
    const base = table[ones - 4]!.id;
    assert.deepEqual([side.parents, main.parents], [[base], [base]]);
    assert.deepEqual(called('merged').parents, [main.id, side.id]);
    assert.equal(table.at(-1)!.message, 'merged');
    const [model] = await versions('model.bin');
    assert.deepEqual([model?.meta['dvc.stage'], model?.meta['dvc.command']], ['train', 'python train.py']);
    const download = await fetch(`${server.url}/api/v1/datasets/old.txt/versions/main/content?path=old.txt`);
    assert.equal(await download.text(), 'a\r\nb\r\n');
    // DVC finds there what the repository names.
    const pulled = await fetch(`${server.url}/dvc/raw/files/md5/${broken.slice(0, 2)}/${broken.slice(2)}`);
    assert.equal(await pulled.text(), 'always\n');

    // Again: nothing new. What was missing turns up in a remote on this disk, and comes.
    const again = await run();
    assert.ok(again.account.outputs.every(({ made }) => made === 0));
    assert.equal((await versions('one.csv')).length, ones);
    const shelf = new DvcRepository(home);
    const at = path.join(home, 'shelf', 'files', 'md5', lost.slice(0, 2), lost.slice(2));
    shelf.put('gone');
    mkdirSync(path.dirname(at), { recursive: true });
    renameSync(shelf.place(lost), at);
    const last = await run();
    assert.deepEqual([last.code, last.account.outputs[1]?.made], [0, 1]);
    // It stands behind what came before it, and the branch still holds what the history ends with.
    const gone = await versions('gone.bin');
    const { refs } = (await (await fetch(`${server.url}/api/v1/datasets/gone.bin`)).json()) as {
      refs: Array<{ version: string }>;
    };
    assert.deepEqual(
      [gone.map(({ message }) => message.split('\n')[0]), refs.map(({ version }) => version)],
      [['change 4', 'change 3'], ['v1']],
    );

    // What is nobody's history of this repository is not moved.
    const other = await run('--out', 'one.csv=raw');
    assert.equal(other.code, 1);
    assert.match(other.err, /raw@main is at a version that did not come from one\.csv/);
    assert.match((await run('--dataset', 'x')).err, /--dataset names one dataset, and there are 6 outputs/);
    assert.match((await run('--rev', 'nowhere')).err, /has no commit 'nowhere'/);
    assert.deepEqual(server.errors, []);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
