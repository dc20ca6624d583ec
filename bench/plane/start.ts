import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Command, Report, TableEndpoint } from '../../src/serving/plane/protocol.ts';
import { GARBAGE } from '../../src/serving/plane-process.ts';
import { root } from '../harness.ts';

export interface PlaneBench {
  /** Folder of the models, and their names: an endpoint each. */
  models: string;
  names: readonly string[];
  socket: string;
  /** Where predictions are recorded; nowhere unless said. */
  records?: string;
}

/** The plane alone, on core 0. Its process ends with `child.kill()`. */
export async function startPlane({ models, names, socket, records }: PlaneBench): Promise<{
  child: ChildProcess;
  pid: number;
  url: string;
  /** Brings to disk what it recorded for the endpoint of this model. */
  show(name: string): Promise<unknown>;
  stop(): Promise<void>;
}> {
  const profile = process.env['TREADLE_BENCH_PROFILE'];
  const child = spawn(
    'taskset',
    [
      '-c',
      '0',
      process.execPath,
      ...GARBAGE,
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
      path.join(root, 'src', 'plane.ts'),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const send = (command: Command): void => void child.stdin.write(`${JSON.stringify(command)}\n`);
  const heard = new Map<string, (report: Report) => void>();
  const wait = (name: string): Promise<Report> => new Promise((resolve) => heard.set(name, resolve));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Report; // of our own plane
    if (said.type === 'authenticate')
      send({
        type: 'caller',
        id: said.id,
        verdict: { ok: true, workspace: 'default', may: true, name: 'bench' },
      });
    if (said.type === 'failed' || said.type === 'log') console.error(line);
    heard.get('key' in said ? `${said.type} ${said.key}` : said.type)?.(said);
  });
  send({
    type: 'start',
    options: {
      hosts: ['127.0.0.1'],
      key: 'ab'.repeat(32),
      log: 'warn',
      ...(records === undefined ? {} : { records }),
    },
  });
  for (const name of names) {
    send({
      type: 'load',
      place: {
        key: name,
        folder: path.join(models, name),
        runtime: 'onnx',
        file: 'model.onnx',
        limits: { load: 60_000, predict: 30_000, memory: 2 ** 31, batch: 64, threads: 1, hosts: 1 },
      },
    });
    await wait(`loaded ${name}`);
  }
  const endpoints = names.map((name, index): TableEndpoint => ({
    id: `endpoint-${name}`,
    workspace: 'default',
    name,
    revision: 1,
    serial: index + 1,
    variants: [{ role: 'champion', percent: 100, model: name, version: 1, key: name }],
    sticky: false,
    queue: { most: 1000, deadline: 2000 },
    strict: false,
    records: 'all',
  }));
  send({ type: 'table', sequence: 1, endpoints, keep: [] });
  await wait('switched');
  send({ type: 'listen', host: '127.0.0.1', port: 0, reusePort: false, socket });
  const { port } = (await wait('listening')) as Extract<Report, { type: 'listening' }>;
  return {
    child,
    pid: child.pid!,
    url: `http://127.0.0.1:${port}`,
    show(name) {
      send({ type: 'show', id: 1, endpoint: `endpoint-${name}` });
      return wait('told');
    },
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        send({ type: 'stop' });
      }),
  };
}
