// The data plane alone, with a table that never changes: what a request costs it in processor time, beside a server of Node's own
// HTTP that reads the body and says hello. Processor time hardly depends on what else the machine does; requests a second do.
//   npm run bench -- plane --seconds 4
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { load, processorTime, type Load } from './plane/load.ts';
import { startPlane } from './plane/start.ts';
import { figure, freePort, option, report, root, scratch, venv } from './harness.ts';

const seconds = option('seconds', 4);
const connections = option('connections', 32);
const folder = scratch();
const models = path.join(folder, 'models');
mkdirSync(models);
execFileSync(path.join(venv, 'python'), [path.join(root, 'bench', 'plane', 'make-models.py'), models], {
  stdio: ['ignore', 'ignore', 'ignore'],
});

interface Measured extends Load {
  rate: number;
  /** µs a request. */
  user: number;
  system: number;
}

function measure(pid: number, url: string, file: string, type: string, headers: readonly string[]): Measured {
  const work = { url, file, type, headers, connections };
  load({ ...work, seconds: 1 });
  const before = processorTime(pid);
  const done = load({ ...work, seconds });
  const after = processorTime(pid);
  if (done.status + done.socket > 0)
    throw new Error(`${url}: ${done.status} answers were errors, ${done.socket} connections failed`);
  return {
    ...done,
    rate: done.requests / done.seconds,
    user: ((after.user - before.user) * 1e6) / done.requests,
    system: ((after.system - before.system) * 1e6) / done.requests,
  };
}

const children: ChildProcess[] = [];
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** What Node's own server costs when it does nothing but read the body. */
async function startHello(): Promise<{ pid: number; url: string }> {
  const file = path.join(folder, 'hello.mjs');
  writeFileSync(
    file,
    `import { createServer } from 'node:http';
createServer((request, response) => {
  request.on('data', () => {});
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 });
    response.end('{}');
  });
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
`,
  );
  const port = await freePort();
  const child = spawn('taskset', ['-c', '0', process.execPath, file, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return { pid: child.pid!, url: `http://127.0.0.1:${port}` };
}

function body(name: string, content: string | Buffer): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

const pixels = Float32Array.from({ length: 784 }, (_, index) => ((index * 7919) % 1000) / 1000);
const request = (name: string, shape: number[], data: readonly number[]): string =>
  JSON.stringify({ inputs: [{ name, shape, datatype: 'FP32', data }] });
const header = JSON.stringify({
  parameters: { binary_data_output: true },
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 784], parameters: { binary_data_size: 3136 } }],
});
const JSON_TYPE = 'application/json';
const plane = await startPlane({ models, names: ['iris', 'mlp'], socket: path.join(folder, 'plane.sock') });
children.push(plane.child);
const hello = await startHello();
const work = [
  [
    'iris, JSON',
    '/v2/models/iris/infer',
    body('iris.json', request('X', [1, 4], [5.1, 3.5, 1.4, 0.2])),
    JSON_TYPE,
  ],
  [
    '784 floats, JSON, 3 digits',
    '/v2/models/mlp/infer',
    body(
      'short.json',
      request(
        'x',
        [1, 784],
        Array.from(pixels, (one) => Math.round(one * 1000) / 1000),
      ),
    ),
    JSON_TYPE,
  ],
  [
    '784 floats, JSON, 17 digits',
    '/v2/models/mlp/infer',
    body('long.json', request('x', [1, 784], [...pixels])),
    JSON_TYPE,
  ],
  [
    '784 floats, binary',
    '/v2/models/mlp/infer',
    body('mlp.bin', Buffer.concat([Buffer.from(header), Buffer.from(pixels.buffer)])),
    'application/octet-stream',
    `Inference-Header-Content-Length:${header.length}`,
  ],
] as const;

for (const [name, route, file, type, ...more] of work) {
  const headers = ['Authorization:Bearer treadle_bench', ...more];
  // Asked once before: while wrk runs nobody here can say who the caller is.
  const asked = await fetch(plane.url + route, {
    method: 'POST',
    headers: [
      ['Content-Type', type],
      ...headers.map((one): [string, string] => [
        one.slice(0, one.indexOf(':')),
        one.slice(one.indexOf(':') + 1),
      ]),
    ],
    body: readFileSync(file),
  });
  if (!asked.ok) throw new Error(`${name}: ${asked.status} ${await asked.text()}`);
  const idle = measure(hello.pid, `${hello.url}/`, file, type, headers);
  const own = measure(plane.pid, plane.url + route, file, type, headers);
  const peer = 'node:http hello';
  figure({
    name: `${name}: requests a second`,
    value: own.rate,
    unit: '/s',
    better: 'higher',
    peer,
    peerValue: idle.rate,
  });
  figure({
    name: `${name}: processor time`,
    value: own.user + own.system,
    unit: 'µs',
    better: 'lower',
    peer,
    peerValue: idle.user + idle.system,
  });
  figure({
    name: `${name}: of it in user mode`,
    value: own.user,
    unit: 'µs',
    better: 'lower',
    peer,
    peerValue: idle.user,
  });
  figure({ name: `${name}: p99`, value: own.p99, unit: 'ms', better: 'lower', peer, peerValue: idle.p99 });
}
report();
for (const child of children) child.kill('SIGTERM');
process.exit(0);
