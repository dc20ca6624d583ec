import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { runHere } from '../../../test/cli.ts';
import { openTest } from '../../../test/harness.ts';
import { createExperiment, createRun, logBatch, putArtifact } from '../../tracking/index.ts';

const treadle = path.join(import.meta.dirname, '..', '..', '..', 'bin', 'treadle');

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

test('treadle runs and treadle experiments', { timeout: 600_000 }, async () => {
  await using server = await openTest();
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-runs-'));
  /** As a person starts it; the others run in this process, since to start one takes longer than what it does. */
  const alone = (...args: string[]): Promise<Ran> =>
    promisify(execFile)(treadle, args, { env: { ...process.env, TREADLE_URL: server.url } }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: Ran) => error,
    );
  const cli = async (...args: string[]): Promise<Ran> => {
    const { code, out, err } = await runHere(server.url, ...args);
    return { code, stdout: out, stderr: err };
  };
  const json = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await cli(...args, '--json')).stdout);
  const { ctx } = server;
  const experiment = (await createExperiment(ctx, { name: "it's" })).id;
  const ids: string[] = [];
  for (const auc of [0.6, 0.8]) {
    const id = await createRun(ctx, { experiment, name: `auc ${auc}` });
    await logBatch(ctx, id, {
      metrics: [{ key: 'auc', value: auc, step: 1, time: 1 }],
      params: [
        ['depth', String(auc)],
        ['same', 'x'],
      ],
    });
    ids.push(id);
  }
  const [first, second] = [ids[0]!, ids[1]!];
  await putArtifact(ctx, `${experiment}/${first}/artifacts/d/a.txt`, { source: Buffer.from('hello') });

  const listed = (
    await alone('runs', 'ls', "it's", '--order', 'metrics.auc DESC', '--filter', 'metrics.auc > 0')
  ).stdout.split('\n');
  assert.match(listed[0]!, /^run +name +status +verdict +started +auc/);
  assert.match(listed[1]!, new RegExp(`^${second} +auc 0.8 +running .*0.8`));
  assert.equal(((await json('runs', 'ls', '--filter', 'metrics.auc > 0.7')) as unknown[]).length, 1);
  const compared = (await cli('runs', 'compare', first, second)).stdout;
  assert.match(compared, /metrics\.auc +0\.6 +0\.8/);
  assert.doesNotMatch(compared, /params\.same/, 'what is equal is left out');
  assert.match(
    (await cli('runs', 'judge', first, 'accepted', '--reason', 'good')).stdout,
    /accepted by local owner: good/,
  );
  assert.match((await cli('runs', 'note', first, 'a note')).stdout, /a note/);
  assert.match((await cli('runs', 'artifacts', first)).stdout, /d\//);
  const file = path.join(folder, 'a.txt');
  await cli('runs', 'download', first, 'd/a.txt', '-o', file);
  assert.equal(readFileSync(file, 'utf8'), 'hello');
  await cli('runs', 'rm', first);
  assert.equal(((await json('runs', 'ls', "it's")) as unknown[]).length, 1);
  await cli('runs', 'restore', first);
  assert.equal(((await json('runs', 'show', first)) as { state: string }).state, 'active');

  assert.match(
    (await cli('experiments', 'create', 'new', '--note', 'why')).stdout,
    /made experiment 2, 'new'/,
  );
  assert.match((await cli('experiments', 'rename', 'new', 'newer')).stdout, /'newer'/);
  await cli('experiments', 'rm', 'newer');
  assert.doesNotMatch((await cli('experiments', 'ls')).stdout, /newer/);
  await cli('experiments', 'restore', '2');
  assert.match((await cli('experiments', 'ls')).stdout, /newer/);

  for (const [wrong, message] of [
    [['runs', 'show', 'nope'], /Run with id=nope not found/],
    [['runs', 'ls', 'nowhere'], /no experiment 'nowhere'[^]*experiments ls/],
    [['runs', 'ls', '--filter', 'metrics.auc >'], /numeric value/],
  ] as const) {
    const { code, stderr } = await cli(...wrong);
    assert.equal(code, 1);
    assert.match(stderr, message);
  }
  const judged = await alone('runs', 'judge', first, 'fine', '--reason', 'x');
  assert.equal(judged.code, 2);
  assert.match(judged.stderr, /the verdict is 'fine'/);
  rmSync(folder, { recursive: true });
  assert.deepEqual(server.errors, []);
});
