// From a server to a folder, and from the folder to answers with no server running: by the commands a person types.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createClient } from '../../src/faces/cli/client.ts';
import { setVersionTag } from '../../src/models/contract.ts';
import { deploy } from '../../src/serving/contract.ts';
import { openTest, type TestServer } from '../harness.ts';
import { linearOnnx, registerOnnx } from '../onnx-model.ts';
import { registerPython } from './serving/python-model.ts';

const treadle = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');
const root = mkdtempSync(path.join(tmpdir(), 'treadle-package-journey-'));
const environment = { ...process.env, XDG_CACHE_HOME: path.join(root, 'cache') };
/** Environments that test runs keep; with TREADLE_TEST_WHOLE=1 packages make their own, as on a machine that never had one. */
const kept = process.env['TREADLE_TEST_WHOLE'] === '1' ? undefined : process.env['TREADLE_TEST_ENVIRONMENTS'];
const MODELS = ['linear', 'plain'] as const;
const ROWS = [
  [0.1, 0.2],
  [3, -4],
  [1e6, 0],
];
/** What the server answered to ROWS, by model. */
const answered = new Map<string, unknown>();
let server: TestServer | undefined;

const ask = async (url: string, route: string, body: unknown): Promise<unknown> => {
  const answer = await fetch(`${url}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
};
const infer = async (url: string, model: string): Promise<unknown> => {
  const x = { name: 'x', datatype: 'FP32', shape: [ROWS.length, 2], data: ROWS.flat() };
  const { outputs } = (await ask(url, `/v2/models/${model}/infer`, { inputs: [x] })) as { outputs: unknown };
  return outputs;
};

before(async () => {
  if (kept !== undefined) {
    const cache = path.join(environment.XDG_CACHE_HOME, 'treadle');
    mkdirSync(cache, { recursive: true });
    symlinkSync(kept, path.join(cache, 'envs'));
  }
  server = await openTest();
  const client = createClient({ TREADLE_URL: server.url });
  await registerOnnx(server.ctx, 'linear', linearOnnx([2, 3], 0.5));
  await registerPython(server.ctx, 'plain', 7);
  await client.call(setVersionTag, {
    params: { model: 'linear', version: '1', key: 'license' },
    body: { value: 'MIT' },
  });
  for (const model of MODELS) {
    const revision = await client.call(deploy, {
      params: { endpoint: model },
      body: { model, version: '1', wait_s: 300, load_timeout_s: 600 },
    });
    assert.equal(revision.state, 'live', JSON.stringify(revision));
    answered.set(model, await infer(client.url, model));
    for (const [i, zone] of ['Pacific/Auckland', 'UTC'].entries()) {
      const said = await promisify(execFile)(
        treadle,
        ['package', `${model}@v1`, '-o', path.join(root, `${i}`, model), '--json'],
        { cwd: root, env: { ...environment, TREADLE_URL: client.url, TZ: zone } },
      );
      assert.equal((JSON.parse(said.stdout) as { samples: number }).samples, 1);
    }
  }
  await server[Symbol.asyncDispose]();
  server = undefined;
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

/** MLflow's protocol names the outputs of some models and nests the rows of others. */
const numbers = (value: unknown): number[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : [Number(value)];

const contents = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(path.join(folder, name)).isFile())
      .map((name) => [name, readFileSync(path.join(folder, name)).toString('base64')]),
  );

/** `treadle serve`, until it is ready or has ended. */
async function serve(folder: string, ...flags: string[]) {
  const child = spawn(treadle, ['serve', folder, '--port', '0', ...flags], { env: environment });
  let said = '';
  const url = await new Promise<string | undefined>((resolve) => {
    const hear = (chunk: Buffer): void => {
      said += String(chunk);
      const found = /is ready at (http:\/\/[^/\s]+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('close', () => resolve(undefined));
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    url,
    said,
    status: () => child.exitCode,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.kill('SIGTERM')) await ended;
    },
  };
}

for (const model of MODELS) {
  test(`${model}: packaged twice it is the same bytes; served from its folder it answers as the server did`, async () => {
    const folder = path.join(root, '0', model);
    assert.deepEqual(contents(folder), contents(path.join(root, '1', model)));
    await using running = await serve(folder);
    assert.ok(running.url, running.said);
    assert.deepEqual(await infer(running.url, model), answered.get(model));
    assert.equal((await fetch(`${running.url}/ping`)).status, 200);
    const { predictions } = (await ask(running.url, '/invocations', { inputs: ROWS })) as {
      predictions: unknown;
    };
    const [output] = answered.get(model) as Array<{ data: number[] }>;
    // MLflow's writes a float32 with all digits of its double, the Open Inference Protocol's with the fewest that name it.
    assert.deepEqual(numbers(predictions).map(Math.fround), output!.data.map(Math.fround));
  });
}

test('a package that was changed is refused by the name of what differs, and nothing listens', async () => {
  const folder = path.join(root, '1', 'linear');
  const blobs = path.join(folder, 'blobs', 'sha256');
  const weights = readdirSync(blobs).find((name) =>
    readFileSync(path.join(blobs, name)).equals(Buffer.from(linearOnnx([2, 3], 0.5))),
  );
  appendFileSync(path.join(blobs, weights!), '\0');
  await using refused = await serve(folder);
  assert.equal(refused.url, undefined);
  assert.equal(refused.status(), 1);
  assert.match(refused.said, /was changed after it was packaged: model\/model\.onnx .* bytes instead of/);
});

test('it is not served to everybody unless that is said', async () => {
  await using refused = await serve(path.join(root, '0', 'linear'), '--host', '0.0.0.0');
  assert.equal(refused.url, undefined);
  assert.match(refused.said, /may not be served on 0\.0\.0\.0 to everybody/);
  await using open = await serve(path.join(root, '0', 'linear'), '--host', '0.0.0.0', '--open');
  assert.ok(open.url, open.said);
  assert.deepEqual(await infer(open.url.replace('0.0.0.0', '127.0.0.1'), 'linear'), answered.get('linear'));
});

test('the package tells its licence and its lineage', () => {
  const blobs = path.join(root, '0', 'linear', 'blobs', 'sha256');
  const documents = readdirSync(blobs).flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(path.join(blobs, name), 'utf8')) as Record<string, unknown>];
    } catch {
      return [];
    }
  });
  const config = documents.find((one) => 'descriptor' in one) as { descriptor: { licenses: string[] } };
  assert.deepEqual(config.descriptor.licenses, ['MIT']);
  const lineage = documents.find((one) => 'model_version' in one) as { model_version: { ref: string } };
  assert.equal(lineage.model_version.ref, 'model_version:linear/1');
});
