// Answers a second and their latency, beside the model servers that people use: the same ONNX file, the same bytes, servers on
// one core and the client on the other, one after the other. Ours with tokens, metrics, routing and request records on.
//   npm run bench -- serving --seconds 6 --rounds 3 --overload 60 [--only floats|pixels|python|overload]
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  figure,
  freePort,
  median,
  memory,
  option,
  peerProgram,
  report,
  root,
  scratch,
  settled,
  start,
  startTreadle,
  venv,
  type Server,
} from './harness.ts';

const SERVER_CORE = 0;
const CLIENT_CORE = 1;
const seconds = option('seconds', 6);
const rounds = option('rounds', 3);
const overload = option('overload', 60);
const connections = 32;
/** Requests that an endpoint lets wait. */
const WAITING = 1000;

const peers = path.join(root, 'bench', 'peers');
const benchPython = peerProgram('bench-serving', 'python');
const python = path.join(venv, 'python');
const folder = scratch();
const models = path.join(folder, 'models');

/** What `post.lua` says at the end; latencies in ms. */
interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  /** Answers that were not 2xx or 3xx, and connections that failed. */
  readonly status: number;
  readonly socket: number;
}
interface Body {
  readonly file: string;
  readonly type: string;
  readonly headers: readonly string[];
}
/** A server with a model, and where to ask it. */
interface Target {
  readonly server: Server;
  readonly address: string;
  readonly headers: readonly string[];
}

interface Callers {
  many?: number;
  /** s */
  length?: number;
  /** Of each between two questions, about, ms. */
  delay?: number;
}

function wrk(
  { address, headers }: Target,
  body: Body,
  { many = connections, length = seconds, delay }: Callers,
): string[] {
  const args = ['-c', String(CLIENT_CORE), 'wrk', '-t1', `-c${many}`, `-d${length}s`, '--timeout', '20s'];
  args.push('-s', path.join(peers, 'post.lua'), address, '--', body.file, body.type);
  args.push(...headers, ...body.headers, ...(delay === undefined ? [] : [`delay=${delay}`]));
  return args;
}

const said = (text: string): Load => JSON.parse(text.trim().split('\n').at(-1) ?? '') as Load; // by post.lua

const load = (target: Target, body: Body, callers: Callers = {}): Load =>
  said(execFileSync('taskset', wrk(target, body, callers), { encoding: 'utf8' }));

/** The same while something else is measured. */
const loading = async (target: Target, body: Body, callers: Callers): Promise<Load> =>
  said((await promisify(execFile)('taskset', wrk(target, body, callers))).stdout);

const rate = ({ requests, seconds: took, status }: Load): number => (requests - status) / took;

/** The median round: a machine with neighbours has good and bad moments. */
function measure(target: Target, body: Body): Load {
  load(target, body, { length: 2 });
  const loads = Array.from({ length: rounds }, () => load(target, body)).toSorted(
    (a, b) => rate(a) - rate(b),
  );
  const failed = loads.find(({ status, socket }) => status + socket > 0);
  if (failed)
    throw new Error(
      `${target.address}: ${failed.status} answers were errors, ${failed.socket} connections failed`,
    );
  return loads[Math.floor(loads.length / 2)]!;
}

function json(name: string, value: unknown, type = 'application/json'): Body {
  const file = path.join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(value));
  return { file, type, headers: [] };
}

/** One float32 tensor by the binary extension of the protocol, answers binary as well. */
function binary(name: string, input: string, shape: readonly number[], values: Float32Array): Body {
  const header = Buffer.from(
    JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: [{ name: input, datatype: 'FP32', shape, parameters: { binary_data_size: values.byteLength } }],
    }),
  );
  const file = path.join(folder, `${name}.bin`);
  writeFileSync(file, Buffer.concat([header, Buffer.from(values.buffer)]));
  return {
    file,
    type: 'application/octet-stream',
    headers: [`Inference-Header-Content-Length:${header.length}`],
  };
}

/** A running Treadle with the models deployed, asked with a token as an editor of the team would. */
async function treadle(): Promise<{ server: Server; at: (endpoint: string, route?: string) => Target }> {
  const server = await startTreadle(path.join(folder, 'treadle'), { core: SERVER_CORE });
  const env = { ...process.env, TREADLE_URL: server.url, MLFLOW_TRACKING_URI: server.url };
  const run = (command: string, args: readonly string[]): string =>
    execFileSync(command, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'inherit'] });
  const cli = (...args: string[]): string => run(path.join(root, 'bin', 'treadle'), args);
  const names = ['iris', 'mlp', 'deep', 'deeper', 'sklearn'];
  run(python, [
    path.join(peers, 'register.py'),
    ...names.map((name) => `${name}=${path.join(models, name)}`),
  ]);
  for (const name of names)
    cli('deploy', `${name}@v1`, '--to', name, ...(name === 'sklearn' ? ['--runtime', 'python'] : []));
  const { secret } = JSON.parse(cli('token', 'create', 'bench', '--role', 'editor', '--json')) as {
    secret: string;
  };
  const answer = (await (await fetch(`${server.url}/api/v1/endpoints/iris`)).json()) as {
    endpoint: { address: string };
  };
  return {
    server,
    at: (endpoint, route = `/v2/models/${endpoint}/infer`) => ({
      server,
      address: answer.endpoint.address + route,
      headers: [`Authorization:Bearer ${secret}`],
    }),
  };
}

/** Starts a peer on the server's core and waits until it answers `body` with 200. */
async function peer(
  command: string,
  args: (port: number) => readonly string[],
  model: string,
  body: Body,
  {
    env = () => ({}),
    route = '/v2/models/model/infer',
  }: { env?: (port: number) => Record<string, string>; route?: string } = {},
): Promise<Target> {
  const port = await freePort();
  const ready = async (url: string): Promise<boolean> => {
    const args = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-m', '5'];
    args.push('-H', `content-type: ${body.type}`, '--data-binary', `@${body.file}`, url + route);
    const asked = spawnSync('curl', args);
    if (asked.stdout.toString() === '200') return true;
    await sleep(200);
    return false;
  };
  const server = await start(command, args(port), port, {
    core: SERVER_CORE,
    env: {
      MODEL_FOLDER: path.join(models, model),
      PATH: `${path.dirname(command)}:${process.env['PATH'] ?? ''}`,
      ...env(port),
    },
    ready,
  });
  return { server, address: server.url + route, headers: [] };
}

const peersOf = {
  FastAPI: (model: string, body: Body) =>
    peer(benchPython, (port) => [path.join(peers, 'fastapi_server.py'), String(port)], model, body),
  LitServe: (model: string, body: Body) =>
    peer(benchPython, (port) => [path.join(peers, 'litserve_server.py'), String(port)], model, body),
  'Ray Serve': (model: string, body: Body) =>
    peer(benchPython, (port) => [path.join(peers, 'ray_server.py'), String(port)], model, body),
  MLServer: (model: string, body: Body) =>
    peer(
      peerProgram('bench-mlserver', 'mlserver'),
      () => ['start', path.join(peers, 'mlserver')],
      model,
      body,
      {
        env: (port) => ({
          MLSERVER_HOST: '127.0.0.1',
          MLSERVER_HTTP_PORT: String(port),
          MLSERVER_GRPC_PORT: String(port + 1),
          MLSERVER_METRICS_PORT: String(port + 2),
          MLSERVER_PARALLEL_WORKERS: '0',
          MLSERVER_DEBUG: 'false',
        }),
      },
    ),
} as const;

function compare(what: string, ours: Load, peerName: string, theirs: Load, { p99 = false } = {}): void {
  figure({
    name: what,
    value: rate(ours),
    unit: '1/s',
    better: 'higher',
    peer: peerName,
    peerValue: rate(theirs),
  });
  if (p99)
    figure({
      name: `${what}, p99`,
      value: ours.p99,
      unit: 'ms',
      better: 'lower',
      peer: peerName,
      peerValue: theirs.p99,
    });
}

async function besides(
  what: string,
  name: keyof typeof peersOf,
  model: string,
  body: Body,
  ours: Target,
  p99 = false,
): Promise<void> {
  const theirs = await peersOf[name](model, body);
  try {
    // Ours is measured again beside every peer, so that both see the same moment of the machine.
    const loads = [measure(theirs, body), measure(ours, body)] as const;
    compare(what, loads[1], name, loads[0], { p99 });
  } finally {
    await theirs.server.stop();
  }
}

mkdirSync(models);
execFileSync(python, [path.join(root, 'bench', 'plane', 'make-models.py'), models], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
execFileSync(python, [path.join(peers, 'models.py'), models], { stdio: ['ignore', 'ignore', 'inherit'] });
const ours = await treadle();
await sleep(10_000); // what a registration asks for in the background begins a little later
await settled(ours.server.pid);

const inputOf = async (endpoint: string): Promise<string> => {
  const { address, headers } = ours.at(endpoint, `/v2/models/${endpoint}`);
  const answer = await fetch(address, {
    headers: { authorization: headers[0]!.slice('Authorization:'.length) },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}: ${text}`);
  return (JSON.parse(text) as { inputs: Array<{ name: string }> }).inputs[0]!.name;
};
const pixels = Float32Array.from({ length: 784 }, (_, i) => Math.fround(((i * 7919) % 255) / 255));
const tensor = (name: string, shape: readonly number[], data: readonly number[]): unknown => ({
  inputs: [{ name, datatype: 'FP32', shape, data }],
});
const iris = json('iris', tensor(await inputOf('iris'), [1, 4], [5.1, 3.5, 1.4, 0.2]));
const image = json('mlp', tensor(await inputOf('mlp'), [1, 784], [...pixels]));
const imageBinary = binary('mlp', await inputOf('mlp'), [1, 784], pixels);

/** Four floats a question: what a server costs beside the model. */
async function floats(): Promise<void> {
  for (const name of ['FastAPI', 'MLServer', 'LitServe', 'Ray Serve'] as const)
    await besides('4 floats, JSON, 32 connections', name, 'iris', iris, ours.at('iris'), name === 'FastAPI');
}

/** 784 floats a question: what reading numbers costs. */
async function manyFloats(): Promise<void> {
  const what = '784 floats, JSON, 32 connections';
  await besides(what, 'FastAPI', 'mlp', image, ours.at('mlp'), true);
  await besides(what, 'MLServer', 'mlp', image, ours.at('mlp'));
  const [asJson, asBinary] = [measure(ours.at('mlp'), image), measure(ours.at('mlp'), imageBinary)];
  compare('784 floats, binary, 32 connections', asBinary, 'our JSON', asJson);
}

/** A scikit-learn model as MLflow saved it, asked as MLflow's clients ask. */
async function pythonHost(): Promise<void> {
  const frame = json('frame', {
    dataframe_split: {
      columns: ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'],
      data: [[5.1, 3.5, 1.4, 0.2]],
    },
  });
  const serve = ['models', 'serve', '-m', path.join(models, 'sklearn'), '--env-manager', 'local', '-p'];
  const scoring = await peer(
    path.join(venv, 'mlflow'),
    (port) => [...serve, String(port)],
    'sklearn',
    frame,
    { route: '/invocations' },
  );
  try {
    const theirs = measure(scoring, frame);
    const own = measure(ours.at('sklearn', '/endpoints/sklearn/invocations'), frame);
    compare('scikit-learn by its Python host', own, 'mlflow models serve', theirs, { p99: true });
  } finally {
    await scoring.server.stop();
  }
}

/** Ten times what it can answer, for a while: nothing may collapse or grow. What refusals cost weighs less, the slower the model. */
async function flood(): Promise<void> {
  for (const model of ['deep', 'deeper']) await overloaded(model);
  const tiny = ours.at('iris');
  const calm = rate(measure(tiny, iris));
  const crowd = load(tiny, iris, { many: connections * 10, length: overload });
  figure({
    name: `4 floats, 320 connections for ${overload} s, answered`,
    value: rate(crowd),
    unit: '1/s',
    better: 'higher',
    peer: 'with 32',
    peerValue: calm,
  });
}

async function overloaded(model: string): Promise<void> {
  const body = json(model, tensor(await inputOf(model), [1, 4], [5.1, 3.5, 1.4, 0.2]));
  const target = ours.at(model);
  // Larger batches answer more: the peak is what as many callers get as it takes to have the most.
  const [callers] = [32, 128, 512]
    .map((many) => [many, rate(load(target, body, { many, length: 10 }))] as const)
    .reduce((best, next) => (next[1] > best[1] ? next : best));
  const steady = (): number => rate(load(target, body, { many: callers, length: 20 }));
  const before = steady();
  // Every connection asks about once a second after its last answer; as many as wait in the queue ask nothing.
  const many = Math.ceil(before * 10) + WAITING;
  load(target, body, { many, length: 15, delay: 1000 });
  const sizes: number[] = [];
  const watch = setInterval(() => sizes.push(memory(ours.server.pid)), 2000);
  const flooded = await loading(target, body, { many, length: overload, delay: 1000 });
  clearInterval(watch);
  const peak = (before + steady()) / 2; // the machine's pace drifts
  const half = Math.floor(sizes.length / 2);
  const times = (flooded.requests / flooded.seconds / peak).toFixed(1);
  const what = `${(1000 / peak).toFixed(1)} ms a row, ${times}× overload for ${overload} s`;
  figure({
    name: `${what}, answered`,
    value: rate(flooded),
    unit: '1/s',
    better: 'higher',
    peer: 'its own peak',
    peerValue: peak,
  });
  figure({
    name: 'the same, memory of all processes, second half',
    value: median(sizes.slice(half)),
    unit: 'MiB',
    better: 'lower',
    peer: 'first half',
    peerValue: median(sizes.slice(0, half)),
  });
  const refused = (100 * flooded.status) / flooded.requests;
  figure({ name: 'the same, share refused', value: refused, unit: '%', better: 'lower' });
}

const sections = { floats, pixels: manyFloats, python: pythonHost, overload: flood };
const only = process.argv.indexOf('--only');
for (const [name, section] of Object.entries(sections))
  if (only < 0 || process.argv[only + 1] === name) await section();
await ours.server.stop();
report();
