import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { openTest, type TestServer } from '../../harness.ts';
import { copyKept } from '../../kept.ts';
import { registerFolder } from '../../packaged-models.ts';
import { python } from '../mlflow-servers.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** The Python with Triton's, KServe's and MLServer's clients, made by the set-up; undefined where there is none. */
export const clients: string | undefined = [
  process.env['TREADLE_CLIENTS_PYTHON'],
  path.join(root, '.setup/clients/bin/python'),
].find((file) => file !== undefined && existsSync(file));

export const skipModels =
  python === undefined ? 'there is no Python with mlflow: node scripts/setup.mjs makes one' : false;
export const skipClients =
  skipModels ||
  (clients === undefined
    ? 'there is no Python with the inference clients: node scripts/setup.mjs --tests makes one'
    : false);

export interface Serving {
  server: TestServer;
  /** Where the data plane answers. */
  url: string;
  /** The same without `http://`, as gRPC and Triton's clients want it. */
  address: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A real server with endpoints by name, each with the first version of a model; lists are models with endpoints of their name. */
export async function openServing(
  wanted: readonly string[] | Record<string, string>,
  /** Models that are registered once more, for a second version. */
  again: readonly string[] = [],
): Promise<Serving> {
  const endpoints = Array.isArray(wanted)
    ? wanted.map((model: string) => [model, model] as const)
    : Object.entries(wanted as Record<string, string>);
  const models = [...new Set(endpoints.map(([, model]) => model))];
  const server = await openTest();
  try {
    await register(server, models, [...models, ...again]);
    for (const [endpoint, model] of endpoints) await deploy(server, endpoint, { model, version: '1' });
    const found: unknown = await (await fetch(`${server.url}/api/v1/endpoints/${endpoints[0]?.[0]}`)).json();
    const url = (found as { endpoint: { address: string } }).endpoint.address;
    return {
      server,
      url,
      address: new URL(url).host,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** The folders as MLflow saves them: what its client sends when it logs a model is a journey of its own (mlflow-models). */
async function register(
  server: TestServer,
  models: readonly string[],
  versions: readonly string[],
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-inference-'));
  try {
    const file = path.join(import.meta.dirname, 'models.py');
    await copyKept(file, models, folder, (fresh, missing) =>
      promisify(execFile)(python!, ['-W', 'ignore', file, fresh, ...missing], { cwd: fresh }),
    );
    for (const model of versions) await registerFolder(server.ctx, model, path.join(folder, model));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function deploy(
  server: TestServer,
  endpoint: string,
  body: Record<string, unknown>,
): Promise<void> {
  const response = await fetch(`${server.url}/api/v1/endpoints/${endpoint}/revisions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, wait_s: 240, load_timeout_s: 600 }),
  });
  const revision = (await response.json()) as { state?: string; problem?: string };
  if (revision.state !== 'live') throw new Error(`${endpoint} is not live: ${JSON.stringify(revision)}`);
}

/** Runs a script of this folder and returns what it reported. */
export async function script(
  interpreter: string,
  file: string,
  args: readonly string[],
): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await promisify(execFile)(
    interpreter,
    ['-W', 'ignore', path.join(import.meta.dirname, file), ...args],
    {
      env: {
        ...process.env,
        MLFLOW_DISABLE_TELEMETRY: 'true',
        GIT_PYTHON_REFRESH: 'quiet',
        PYTHONDONTWRITEBYTECODE: '1',
        PATH: `${path.dirname(interpreter)}:${process.env['PATH']}`,
      },
      maxBuffer: 64 << 20,
      timeout: 240_000,
      cwd: tmpdir(),
    },
  );
  const line = stdout.split('\n').find((text) => text.startsWith('REPORT'));
  if (line === undefined)
    throw new Error(`${file} reported nothing:\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`);
  return JSON.parse(line.slice('REPORT'.length)) as Record<string, unknown>;
}
