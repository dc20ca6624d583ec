import assert from 'node:assert/strict';
import { readdirSync, readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type ClientHttp2Session } from 'node:http2';
import { connect as connectTo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Pause } from '../../bench/stalls/watch.ts';
import { Reader } from '../../src/faces/inference/grpc/protobuf.ts';
import { mlflowCalls } from '../mlflow-calls.ts';
import { openTest } from '../harness.ts';
import { linearOnnx, registerOnnx } from '../onnx-model.ts';
import { campaign, random } from '../fuzz/random.ts';
import { ofContract, ofGrpc, ofInference, ofMlflow, type Operation, type Shot } from '../fuzz/shots.ts';
import type { Schema, Values } from '../fuzz/schema-values.ts';
import { ServerProcess } from './kill/server-process.ts';
import { apiOf } from './serving/api.ts';
import { commitFiles } from './ui-data.ts';

/**
 * Requests that are mostly right and partly wrong, on every door of the server at once. None is answered with a fault of ours,
 * none with the answer to another; what stalls and grows is told. `TREADLE_FUZZ=1` runs the whole campaign.
 */

interface Answered {
  status: number;
  text: string;
  id?: string;
}

/** Marks of requests: nothing else looks like one. */
const MARK = /mk[0-9]+km/i;

function http(agent: Agent, base: string, { method, path: where, headers, body }: Shot): Promise<Answered> {
  const { port } = new URL(base);
  return new Promise((resolve, reject) => {
    // Said outright: for some methods Node sends a body without saying how long it is.
    const framed = body === undefined ? headers : { ...headers, 'content-length': body.length };
    const going = request(
      { host: '127.0.0.1', port, agent, method, path: where, headers: framed },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (text.length > 2_000_000 || answer.headers['content-type'] === 'text/event-stream')
            answer.destroy();
        });
        answer.on('error', () => undefined);
        const { 'x-request-id': id } = answer.headers;
        answer.on('close', () =>
          resolve({ status: answer.statusCode ?? 0, text, ...(typeof id === 'string' ? { id } : {}) }),
        );
      },
    );
    going.on('error', reject);
    going.setTimeout(120_000, () => going.destroy(new Error(`no answer to ${method} ${where}`)));
    going.end(body);
  });
}

function grpc(
  session: ClientHttp2Session,
  { path: where, headers, body }: Shot,
): Promise<Answered & { message: Buffer }> {
  return new Promise((resolve) => {
    const stream = session.request({ ':method': 'POST', ':path': where, ...headers });
    const chunks: Buffer[] = [];
    let code: unknown;
    let said = '';
    const hear = (given: Record<string, unknown>): void => {
      code = given['grpc-status'] ?? code;
      if (typeof given['grpc-message'] === 'string') said = given['grpc-message'];
    };
    stream.on('response', hear);
    stream.on('trailers', hear);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      const message = Buffer.concat(chunks);
      resolve({
        status: Number(code ?? -1),
        text: `${said} ${message.toString('latin1')}`,
        message,
      });
    });
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(body?.length ?? 0, 1);
    stream.end(Buffer.concat([prefix, body ?? Buffer.alloc(0)]));
  });
}

/** The first number of the first output. */
function sumOf(message: Buffer): number | undefined {
  const reader = new Reader(message.subarray(5));
  while (!reader.done) {
    const tag = reader.tag();
    if (tag >>> 3 === 6) return reader.chunk().readFloatLE(0);
    reader.skip(tag & 7);
  }
  return undefined;
}

/** Every operation of the contracts. Those that keep a connection, or run what they are sent, are left out. */
async function operations(base: string): Promise<{ list: Operation[]; resolve(ref: string): Schema }> {
  interface Described {
    parameters?: Operation['params'];
    requestBody?: { content: Record<string, { schema?: Schema }> };
  }
  const api = (await (await fetch(`${base}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Described>>;
    components?: { schemas?: Record<string, Schema> };
  };
  const list: Operation[] = [];
  for (const [where, methods] of Object.entries(api.paths))
    for (const [method, { parameters = [], requestBody }] of Object.entries(methods)) {
      const content = requestBody?.content['application/json'];
      const body = content ? (content.schema ?? {}) : requestBody ? 'bytes' : undefined;
      // What the campaign asks models by must stay.
      if (method !== 'get' && where.startsWith('/api/v1/endpoints')) continue;
      if (where.startsWith('/api/v1/'))
        list.push({ method: method.toUpperCase(), path: where, params: parameters, body });
    }
  return { list, resolve: (ref) => api.components?.schemas?.[ref.split('/').at(-1) ?? ''] ?? {} };
}

/** Resident bytes of a process and of all below it, by pid. */
function resident(root: number): Map<number, number> {
  const parents = new Map<number, number>();
  const bytes = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]));
      bytes.set(Number(name), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It ended meanwhile.
    }
  }
  const below = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || below(parents.get(pid)));
  return new Map([...bytes].filter(([pid]) => below(pid)));
}

const MiB = 1024 * 1024;

test('no request is a fault of ours, and none is answered with another’s answer', async (t) => {
  const { seed, count } = campaign(800, 100_000);
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-fuzz-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  {
    await using first = await openTest({ data });
    await registerOnnx(first.ctx, 'sum', linearOnnx([1, 1], 0));
  }
  const watched = path.join(data, 'watch.sock');
  const server = await ServerProcess.on(data, {
    TREADLE_CHECK_RESPONSES: '1',
    TREADLE_INFERENCE_PORT: '0',
    NODE_OPTIONS: `--import=${pathToFileURL(path.join(import.meta.dirname, '../../bench/stalls/watch.ts')).href}`,
    TREADLE_BENCH_WATCH: watched,
  });
  await server.start();
  t.after(() => server.stop());
  const api = apiOf(server.url);
  await api.post('/api/v1/endpoints/sum/revisions', { model: 'sum', version: '1', wait_s: 300 });
  const { endpoint } = await api.get<{ endpoint: { address: string } }>('/api/v1/endpoints/sum');
  const mlflow = <T>(call: string, body: object): Promise<T> => api.post<T>(`/api/2.0/mlflow/${call}`, body);
  const { experiment_id } = await mlflow<{ experiment_id: string }>('experiments/create', { name: 'fuzz' });
  const { run } = await mlflow<{ run: { info: { run_id: string } } }>('runs/create', { experiment_id });
  await mlflow('registered-models/create', { name: 'fuzzed' });
  await mlflow('runs/log-batch', {
    run_id: run.info.run_id,
    metrics: [0, 1, 2].map((step) => ({ key: 'm', value: step, timestamp: step, step })),
    params: [{ key: 'p', value: '1' }],
  });
  for (const rows of [10, 20])
    await commitFiles(server.url, 'rows', {
      'rows.csv': `a,b\n${Array.from({ length: rows }, (_, n) => `${n},x${n}\n`).join('')}`,
      'notes.txt': 'text',
    });
  const known = [
    'rows',
    'rows.csv',
    'notes.txt',
    'v1',
    'v2',
    '0',
    experiment_id,
    run.info.run_id,
    'sum',
    'fuzzed',
    'fuzz',
    '1',
    'default',
    'main',
    'm',
    'p',
  ];

  const seeded = known.length;
  const { list, resolve } = await operations(server.url);
  const calls = mlflowCalls().map(({ method, path: where }) => ({ method, path: where }));
  assert.ok(list.length > 50 && calls.length > 50, `${list.length} operations, ${calls.length} calls`);

  const next = random(seed);
  const agent = new Agent({ keepAlive: true, maxSockets: 24 });
  const sessions = [0, 1].map(() => connect(endpoint.address.replace('http:', 'http:')));
  for (const session of sessions) session.on('error', () => undefined);
  t.after(() => {
    agent.destroy();
    for (const session of sessions) session.destroy();
  });

  const faults: string[] = [];
  const statuses = new Map<string, number>();
  const ids = new Set<string>();
  const took: Array<{ ms: number; shown: string }> = [];
  let harvested = 0;
  let right = 0;
  let fired = 0;

  async function fire(serial: number): Promise<void> {
    const mark = `mk${serial}km`;
    const odd = next.pick([0, 0.02, 0.08]);
    const values: Values = { random: next, known, mark, odd, resolve };
    const kind = next.next();
    const shot =
      kind < 0.4
        ? ofContract(next.pick(list), values)
        : kind < 0.65
          ? ofMlflow(next.pick(calls), values)
          : kind < 0.85
            ? ofInference(values, 'sum', serial)
            : ofGrpc(values, 'sum', serial);
    const shown = `${shot.to} ${shot.method} ${shot.path.slice(0, 300)} ${shot.body?.toString('latin1').slice(0, 600) ?? ''}`;
    const began = performance.now();
    let answered: Answered;
    try {
      answered =
        shot.to === 'grpc'
          ? await grpc(sessions[serial % sessions.length]!, shot)
          : await http(agent, shot.to === 'main' ? server.url : endpoint.address, shot);
    } catch (error) {
      // A head that is too large is answered before all of it came, and its connection ends.
      if (shot.path.length > 16_000) return;
      faults.push(`${shown}\n  was not answered: ${String(error)}`);
      return;
    }
    const { status, text, id } = answered;
    took.push({ ms: performance.now() - began, shown: shown.slice(0, 160) });
    if (took.length > 1000) took.sort((a, b) => b.ms - a.ms).splice(8);
    // What was made can be asked for from now on.
    for (const [, made] of text.matchAll(/"(?:\w*id|name|digest|hash)":"([\w-]{1,40})"/g))
      if (made !== undefined && !MARK.test(made)) known[seeded + (harvested++ % 60)] = made;
    const name = `${shot.to} ${status}`;
    statuses.set(name, (statuses.get(name) ?? 0) + 1);
    // gRPC: 13 is INTERNAL, 2 UNKNOWN, -1 no status at all. 501 is what MLflow calls that are not offered say.
    const bad =
      shot.to === 'grpc' ? [13, 2, -1].includes(status) : status >= 500 && status !== 501 && status !== 503;
    if (
      bad &&
      !(shot.to === 'grpc' && /content-type|x/.test(shot.headers['content-type'] ?? '') && status === 12)
    )
      faults.push(`${shown}\n  was answered ${status}: ${text.slice(0, 400)}`);
    if (id !== undefined) {
      if (ids.has(id)) faults.push(`${shown}\n  has the request id of another: ${id}`);
      ids.add(id);
    }
    // What is refused is told with the caller's own words; stored things may hold those of others.
    const own =
      `${shot.path} ${Object.values(shot.headers).join(' ')} ${shot.body?.toString('latin1') ?? ''}`.toLowerCase();
    if (shot.to === 'grpc' || status >= 400)
      for (const [found] of text.replace(/"hint":"[^"]*"/, '').matchAll(new RegExp(MARK, 'gi')))
        if (!own.includes(found.toLowerCase()))
          faults.push(`${shown}\n  was answered ${status} with ${found}: ${text.slice(0, 300)}`);
    if (shot.sum !== undefined) {
      const busy = shot.to === 'grpc' ? status === 14 || status === 8 : status === 503 || status === 429;
      const sum =
        'message' in answered && Buffer.isBuffer(answered.message)
          ? sumOf(answered.message)
          : status === 200
            ? (JSON.parse(text) as { outputs: Array<{ data: number[] }> }).outputs[0]?.data[0]
            : undefined;
      if (!busy && (sum !== shot.sum || !text.includes(mark)))
        faults.push(`${shown}\n  must be ${shot.sum} and was ${status} ${sum}: ${text.slice(0, 200)}`);
      else right++;
    }
  }

  const stalls: Pause[] = [];
  const memory: Array<Map<number, number>> = [];
  const look = async (): Promise<void> => {
    memory.push(resident(server.pid));
    stalls.push(JSON.parse(await text(connectTo(watched))) as Pause);
  };
  await look();
  stalls.length = 0; // what the start cost
  let serial = 0;
  const every = Math.max(200, Math.floor(count / 20));
  const worker = async (): Promise<void> => {
    while (serial < count && faults.length < 50) {
      await fire(serial++);
      if (++fired % every === 0) await look();
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await look();

  const told = [...statuses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, times]) => `${name}: ${times}`);
  console.log(`${fired} requests, ${right} sums right; ${told.join(', ')}`);
  console.log(
    `longest pause of the main loop between looks, ms, and in processor time of its own: ${stalls.map(({ clock, own }) => `${clock.toFixed(0)}/${own.toFixed(0)}`).join(' ')}`,
  );
  for (const { ms, shown } of took.sort((a, b) => b.ms - a.ms).slice(0, 8))
    console.log(`slowest: ${ms.toFixed(0)} ms ${JSON.stringify(shown)}`);
  for (const pid of memory.at(-1)?.keys() ?? [])
    console.log(
      `MiB of process ${pid}: ${memory.map((at) => ((at.get(pid) ?? 0) / MiB).toFixed(0)).join(' ')}`,
    );
  if (server.log !== '') console.log(server.log.slice(0, 5000));
  assert.deepEqual(faults.slice(0, 20).join('\n'), '');
  assert.equal(server.log, '', 'nothing was logged as an error');
  assert.ok(right > count / 10, `${right} of the right requests were answered`);
  // A run of the whole settles within its first quarter.
  if (count >= 50_000) {
    const settled = memory[Math.floor(memory.length / 4)];
    for (const [pid, now] of memory.at(-1) ?? [])
      assert.ok(
        now < (settled?.get(pid) ?? now) * 1.5 + 100 * MiB,
        `process ${pid} grew to ${now / MiB} MiB`,
      );
  }
});
