import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { createLoggedModel, createVersion, finalizeLoggedModel } from '../../src/models/index.ts';
import { createRun, putArtifact } from '../../src/tracking/index.ts';
import { openTest } from '../harness.ts';

const treadle = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

test('treadle models: ls, show, versions, compare, alias, tag, rm', { timeout: 600_000 }, async () => {
  await using server = await openTest();
  const { ctx } = server;
  const run = await createRun(ctx, { experiment: '0' });
  const logged = await createLoggedModel(ctx, { experiment: '0', run });
  await putArtifact(ctx, `0/models/${logged.id}/artifacts/MLmodel`, {
    source: Buffer.from('flavors: {onnx: {data: model.onnx}}'),
  });
  await finalizeLoggedModel(ctx, logged.id, 'ready');
  for (let i = 0; i < 2; i++)
    await createVersion(ctx, { model: 'flights', source: `models:/${logged.id}`, makeModel: true });

  const cli = async (...args: string[]): Promise<Ran> => {
    const env = { ...process.env, TREADLE_URL: server.url };
    return promisify(execFile)(treadle, args, { env }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  };
  const json = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await cli(...args, '--json')).stdout);

  assert.match(
    (await cli('models', 'ls')).stdout,
    /^name +latest +versions +aliases +changed\nflights +2 +2/,
  );
  assert.match(
    (await cli('models', 'alias', 'flights', 'champion', '1', '-m', 'best')).stdout,
    /flights@champion is version 1 now/,
  );
  const shown = (await cli('models', 'show', 'flights@champion')).stdout;
  assert.match(shown, /flavours +onnx/);
  assert.match(
    shown,
    new RegExp(`lineage +model_version:flights/1 registered-from logged_model:${logged.id}`),
  );
  assert.match((await cli('models', 'show', 'flights')).stdout, /aliases +champion→1/);
  assert.match((await cli('models', 'tag', 'flights/2', 'owner', 'ann')).stdout, /owner = ann/);
  assert.match(
    (await cli('models', 'compare', 'flights', '1', '2')).stdout,
    /tags\.owner +— +ann[\s\S]*equal, byte for byte/,
  );
  assert.deepEqual(
    ((await json('models', 'versions', 'flights', '--tag', 'owner=ann')) as Array<{ version: number }>).map(
      ({ version }) => version,
    ),
    [2],
  );
  assert.equal((await cli('models', 'rm', 'flights/2')).code, 0);
  assert.equal((await cli('models', 'alias', 'flights', 'champion', '--rm')).code, 0);

  const missing = await cli('models', 'show', 'flights/2');
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /has no version 2\n +→ list them with/);
  const whole = await cli('models', 'rm', 'flights');
  assert.equal(whole.code, 1);
  assert.match(whole.stderr, /add --all/);
  assert.deepEqual(await json('models', 'rm', 'flights', '--all'), { deleted_versions: 1 });
  assert.deepEqual(await json('models', 'ls'), []);
  assert.deepEqual(server.errors, []);
});
