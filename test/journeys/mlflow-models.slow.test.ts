import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openTest } from '../harness.ts';

/** MLflow's own client, unmodified, against the registry; and the same script against MLflow's own server. */
const root = path.join(import.meta.dirname, '..', '..');
const python = process.env['TREADLE_PYTHON'] ?? path.join(root, '.venv', 'bin', 'python');
const skip = existsSync(python) ? false : 'no Python environment: node scripts/setup.mjs makes one';

/** Runs a script of this journey and gives back the lines that are JSON: MLflow itself prints links besides. */
async function play(script: string, url: string): Promise<unknown[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-mlflow-'));
  try {
    const file = path.join(import.meta.dirname, 'mlflow-models', script);
    const env = {
      ...process.env,
      MLFLOW_DISABLE_TELEMETRY: '1',
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
      PYTHONWARNINGS: 'ignore',
    };
    const { stdout } = await promisify(execFile)(python, [file, url], {
      cwd: folder,
      env,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): unknown => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test(
  'the registry answers MLflow’s client as MLflow’s own server does',
  { skip, timeout: 180_000 },
  async (t) => {
    await using server = await openTest();
    await using peer = await startMlflow();
    const [ours, theirs] = await Promise.all([
      play('registry.py', server.url),
      play('registry.py', peer.url),
    ]);
    assert.deepEqual(ours, theirs);
    assert.ok(ours.length > 90, `only ${ours.length} steps were played`);
    assert.deepEqual(server.errors, []);
    t.diagnostic(`${ours.length} steps, all equal`);
  },
);

test(
  'models are logged, registered, found and loaded again by MLflow’s client',
  { skip, timeout: 180_000 },
  async () => {
    await using server = await openTest();
    const told = (await play('models.py', server.url)).at(-1) as Record<string, unknown>;
    const { model_id, run_id, ...rest } = told;
    assert.match(String(model_id), /^m-[0-9a-f]{32}$/);
    assert.match(String(run_id), /^[0-9a-f]{32}$/);
    assert.deepEqual(rest, EXPECTED);
    assert.deepEqual(server.errors, []);
  },
);

/** The rest of what `models.py` tells; MLflow's own server says the same, but for two searches that it has wrong (status, dataset without digest). */
const EXPECTED = {
  'by run': true,
  copied: true,
  'copied version': 1,
  deleted: 'RESOURCE_DOES_NOT_EXIST',
  'deleted search': false,
  equal: {
    alias: true,
    version: true,
    logged: true,
    runs: true,
    pyfunc: true,
    onnx: true,
    'latest is onnx': true,
  },
  input_example: true,
  logged: {
    status: 'READY',
    name: 'clf',
    params: { depth: '6' },
    tag: 'linear',
    metrics: [
      ['accuracy', 0.9, 0, 'flights'],
      ['auc', 0.61, 0, null],
      ['auc', 0.71, 1, null],
    ],
    source_run: true,
  },
  'logged tags': { a: '1' },
  onnx_version: 2,
  outputs: [true],
  'page sizes': [2, 2, 1],
  pages: ['try-1', 'try-2', 'try-0', 'clf-onnx', 'clf'],
  refused: {
    'bad filter': 'INVALID_PARAMETER_VALUE',
    'bad name': 'INVALID_PARAMETER_VALUE',
    'bad order': 'INVALID_PARAMETER_VALUE',
    'missing model': 'RESOURCE_DOES_NOT_EXIST',
    'missing tag': 'RESOURCE_DOES_NOT_EXIST',
  },
  registered: { model_id: null, run: true, version: 1 },
  search: {
    both: ['try-1'],
    'by metric': ['try-1', 'try-2', 'try-0'],
    'by name': ['clf', 'clf-onnx', 'try-0', 'try-1', 'try-2'],
    in: ['clf', 'try-0'],
    metric: ['try-1', 'try-2'],
    name: ['try-0', 'try-1', 'try-2'],
    newest: ['try-2'],
    'nulls last': ['try-0', 'try-2', 'try-1'],
    'on dataset': ['clf'],
    'other dataset': [],
    status: ['try-2'],
    tag: ['try-0', 'try-1', 'try-2'],
  },
  signature: true,
};

/** MLflow's own server on SQLite, in a folder that goes with it. */
async function startMlflow(): Promise<{ url: string } & AsyncDisposable> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-mlflow-server-'));
  const port = await freePort();
  const args = [
    '-m',
    'mlflow',
    'server',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--workers',
    '1',
    '--backend-store-uri',
    `sqlite:///${folder}/mlflow.db`,
    '--artifacts-destination',
    `${folder}/artifacts`,
  ];
  const env = {
    ...process.env,
    PATH: `${path.dirname(python)}${path.delimiter}${process.env['PATH'] ?? ''}`,
    MLFLOW_DISABLE_TELEMETRY: '1',
  };
  // A process group of its own, so that its workers go with it.
  const child = spawn(python, args, { cwd: folder, env, stdio: 'ignore', detached: true });
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let i = 0; ; i++) {
      if (child.exitCode !== null) throw new Error(`mlflow server ended with ${child.exitCode}`);
      const ready = await fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return { url, [Symbol.asyncDispose]: stop };
      if (i > 240) throw new Error('mlflow server was not ready after two minutes');
      await sleep(500);
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGTERM');
  const late = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 5000);
  await gone;
  clearTimeout(late);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
