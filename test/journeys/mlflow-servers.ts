import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { until } from '../until.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The Python with the mlflow package, made by the set-up; undefined where there is none. */
export const python: string | undefined = [
  process.env['TREADLE_PYTHON'],
  path.join(root, '.venv/bin/python'),
].find((file) => file !== undefined && existsSync(file));

/** Runs a journey's script and returns what it reported. */
export async function play(
  script: string,
  url: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  const environment = {
    ...process.env,
    MLFLOW_TRACKING_URI: url,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    GIT_PYTHON_REFRESH: 'quiet',
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
    ...more,
  };
  const { stdout } = await promisify(execFile)(python!, [path.join(import.meta.dirname, script), url], {
    env: environment,
    maxBuffer: 64 << 20,
    timeout: 300_000,
    cwd: tmpdir(),
  });
  const line = stdout.split('\n').find((text) => text.startsWith('REPORT'));
  if (line === undefined) throw new Error(`${script} reported nothing:\n${stdout.slice(-2000)}`);
  return JSON.parse(line.slice('REPORT'.length)) as Record<string, unknown>;
}

/** MLflow's own server on a fresh folder: the peer that answers are compared with. */
export async function openMlflow(): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-mlflow-'));
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
    path.join(folder, 'artifacts'),
  ];
  const child = spawn(python!, args, {
    cwd: folder,
    detached: true,
    stdio: 'ignore',
    // Without its runners of jobs: a dozen processes that each load all of MLflow, and answer nothing that is asked here.
    env: {
      ...process.env,
      MLFLOW_DISABLE_TELEMETRY: 'true',
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      MLFLOW_SERVER_ENABLE_CUSTOM_SCORERS: 'true',
      // Receivers of webhooks are on this machine.
      MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
      MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null) {
      process.kill(-child.pid!, 'SIGKILL'); // its workers too
      await ended;
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  await until('mlflow server', async () => {
    const up = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (!up && child.exitCode !== null) throw new Error('mlflow server ended by itself');
    return up;
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { url, [Symbol.asyncDispose]: close };
}
