import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import type { PredictionLineage } from '../../src/governance/contract.ts';
import type { LiveSecond, Revision } from '../../src/serving/contract.ts';
import { runHere, type Ran } from '../cli.ts';
import { openTest } from '../harness.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { apiOf } from './serving/api.ts';

const TREADLE = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');

test('deploy, roll back, look and trace from the command line', async () => {
  await using server = await openTest();
  for (let version = 1; version <= 2; version++)
    await registerOnnx(server.ctx, 'const', constantOnnx(version));
  await registerOnnx(server.ctx, 'const', Buffer.from('broken'));
  const run = (...args: string[]): Promise<Ran> => runHere(server.url, ...args);
  const ok = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await run(...args);
    assert.equal(code, 0, err);
    return out;
  };
  // Once as a program of its own.
  const env = { ...process.env, TREADLE_URL: server.url };
  assert.match((await promisify(execFile)(TREADLE, ['endpoints'], { env })).stdout, /there are no endpoints/);
  const first = await run('deploy', 'const@v1', '--to', 'answers', '-m', 'the first');
  assert.equal(first.code, 0, first.err);
  assert.match(first.err, /answers revision 1: const@v1/);
  assert.match(first.out, /answers answers with const@v1 \(revision 1, loaded in \d+ ms\)/);
  // The last line can be pasted into a shell.
  const curl = first.out.trim().split('\n').at(-1)!;
  assert.match(curl, /^curl -s http:\/\/127\.0\.0\.1:\d+\/v2\/models\/answers\/infer -H .* -d '\{"inputs":/);
  const { stdout } = await promisify(execFile)('sh', ['-c', curl]);
  assert.deepEqual((JSON.parse(stdout) as { outputs: Array<{ data: number[] }> }).outputs[0]?.data, [1]);

  const second = JSON.parse(await ok('deploy', 'const/2', '--to', 'answers', '--json')) as Revision;
  assert.deepEqual([second.revision, second.state], [2, 'live']);
  const broken = await run('deploy', 'const', '--to', 'answers');
  assert.equal(broken.code, 1);
  assert.match(broken.err, /revision 3 of answers failed: const v3: /);
  assert.match(broken.err, /what answered before goes on/);
  assert.match(
    await ok('rollback', 'answers', '-m', 'worse'),
    /answers with const@v1 again \(revision 4, as revision 1\)/,
  );
  const shown = await ok('endpoints', 'answers');
  assert.match(shown, /rollback goes to +const@v2 \(revision 2\)/);
  assert.match(shown, /4 +live +const@v1 +rollback to 1/);
  assert.match(shown, /3 +failed +const@v3/);
  assert.match(await ok('endpoints'), /answers +4 +const@v1/);
  const canary = await ok('deploy', 'const@v1', '--to', 'answers', '--canary', '@v2:10');
  assert.match(canary, /primary const@v1 90 %, canary const@v2 10 %/);

  const { prediction } = await apiOf(server.url).ask('answers');
  const story = await ok('predictions', 'lineage', prediction);
  assert.match(story, new RegExp(`^prediction +${prediction}`));
  assert.match(story, /endpoint +answers, revision 5/);
  assert.match(story, /serves model_version:const\//);
  const whole = JSON.parse(await ok('predictions', 'lineage', prediction, '--json')) as PredictionLineage;
  assert.equal(whole.revision.revision, 5);

  for (const [args, code, message] of [
    [['deploy', 'none'], 1, /no registered model 'none'/],
    [['deploy', 'const@v9'], 1, /has no version 9/],
    [['deploy', 'const', '--canary', 'v2'], 2, /canary/],
    [['rollback', 'nowhere'], 1, /no endpoint 'nowhere'/],
    [['rollback', 'answers', '--to', '3'], 1, /revision 3 never answered/],
    [['predictions', 'lineage', 'no-such-id'], 1, /no prediction id of this server/],
  ] as const) {
    const answer = await run(...args);
    assert.equal(answer.code, code, `${args.join(' ')}: ${answer.err}`);
    assert.match(answer.err, message);
  }
  assert.match(await ok('endpoints', 'answers', '--rm'), /answers is gone/);
  assert.match(await ok('endpoints'), /there are no endpoints/);
});

test(
  'an endpoint is followed second by second, and /metrics counts the same',
  { timeout: 600_000 },
  async () => {
    await using server = await openTest();
    await registerOnnx(server.ctx, 'const', constantOnnx(1));
    await registerOnnx(server.ctx, 'const', constantOnnx(2));
    const api = apiOf(server.url);
    await api.deploy('const', '1', { shadow: { version: '2', percent: 100 } });
    const aborter = new AbortController();
    const stream = await fetch(`${server.url}/api/v1/endpoints/const/live`, { signal: aborter.signal });
    const asked = 20;
    for (let n = 0; n < asked; n++) await api.ask('const');
    await fetch(`${server.url}/v2/models/const/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }] }),
    });
    const totals = { requests: 0, bad: 0, pairs: 0, different: 0, p99: 0 };
    const revisions: Revision[] = [];
    let rest = '';
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const event = /^event: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (event === 'revision') revisions.push(JSON.parse(data!) as Revision);
        if (event !== 'second') continue;
        for (const one of (JSON.parse(data!) as LiveSecond).variants) {
          if (one.role === 'champion') {
            totals.requests += one.requests;
            totals.bad += one.bad;
            totals.p99 = Math.max(totals.p99, one.p99_ms ?? 0);
          }
          totals.pairs += one.shadow?.pairs ?? 0;
          totals.different += one.shadow?.different ?? 0;
        }
      }
      if (totals.requests > asked && totals.pairs >= asked) break;
    }
    aborter.abort();
    assert.deepEqual(
      { requests: totals.requests, bad: totals.bad, pairs: totals.pairs, different: totals.different },
      { requests: asked + 1, bad: 1, pairs: asked, different: asked },
    );
    assert.ok(totals.p99 > 0);
    assert.equal(revisions[0]?.revision, 1);
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const of = (role: string, outcome: string): number =>
      Number(
        new RegExp(
          `^treadle_serving_requests_total\\{workspace="default",endpoint="const",model="const",version="\\d",revision="1",role="${role}",outcome="${outcome}"\\} (\\d+)$`,
          'm',
        ).exec(text)?.[1],
      );
    assert.deepEqual([of('champion', 'ok'), of('champion', 'bad')], [asked, 1]);
    assert.match(text, /^treadle_endpoints\{workspace="default"\} 1$/m);
    assert.match(text, /^treadle_planes\{state="up"\} 1$/m);
    const { items } = await api.get<{ items: Array<{ recent?: { requests: number[]; failed: number } }> }>(
      '/api/v1/endpoints',
    );
    assert.equal(
      items[0]?.recent?.requests.reduce((sum, n) => sum + n, 0),
      asked + 1,
    );
    assert.deepEqual(server.errors, []);
  },
);
