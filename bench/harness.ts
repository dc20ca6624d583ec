import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const root = path.join(import.meta.dirname, '..');
export const venv = path.join(root, '.venv', 'bin');

/** A program of the peers' environments, which `npm run bench` sets up (`scripts/bench.mjs` names them). */
export const peerProgram = (
  environment: 'bench-python' | 'bench-serving' | 'bench-mlserver',
  name: string,
): string => path.join(root, '.setup', `${environment}-venv`, 'bin', name);

/** One measured value beside the peer's on the same work. `ratio` is how many times better ours is: above 1 is good. */
interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly peer?: string | undefined;
  readonly peerValue?: number | undefined;
}

const figures: Figure[] = [];
const loadBefore = loadavg()[0] ?? 0;

export function figure(made: Figure): void {
  figures.push(made);
}

/** Prints the table and a JSON line for each figure. */
export function report(): void {
  const rows = figures.map(({ name, value, unit, peer, peerValue, better }) => {
    const ratio =
      peerValue === undefined ? undefined : better === 'lower' ? peerValue / value : value / peerValue;
    return {
      name,
      value: round(value),
      unit,
      peer,
      peerValue: peerValue === undefined ? undefined : round(peerValue),
      ratio: ratio === undefined || !Number.isFinite(ratio) ? undefined : round(ratio),
    };
  });
  const cells = rows.map((row) => [
    row.name,
    `${row.value} ${row.unit}`,
    row.peerValue === undefined ? '' : `${row.peerValue} ${row.unit}`,
    row.ratio === undefined ? '' : `${row.ratio}×`,
    row.peer ?? '',
  ]);
  const all = [['', 'Treadle', 'peer', 'better by', ''], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  console.log(`\n${machine()}\n`);
  for (const line of all)
    console.log(
      line
        .map((cell, column) =>
          column === 0 || column === 4
            ? cell.padEnd(widths[column] ?? 0)
            : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    );
  console.log();
  for (const row of rows) console.log(JSON.stringify(row));
}

const round = (value: number): number => Number(value.toPrecision(3));
const machine = (): string =>
  `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, load before the bench ${loadBefore.toFixed(1)}`;

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[half]!
    : ((sorted[half - 1] ?? Number.NaN) + (sorted[half] ?? Number.NaN)) / 2;
}

/** A folder that goes when the bench ends, however it ends. */
export function scratch(): string {
  const folder = mkdtempSync(path.join(process.env['TREADLE_BENCH_DIR'] ?? tmpdir(), 'treadle-bench-'));
  if (folders.length === 0) process.on('exit', sweep);
  folders.push(folder);
  return folder;
}
const folders: string[] = [];
const sweep = (): void => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
};

export interface Server {
  readonly url: string;
  readonly pid: number;
  /** From starting the process to the first 200 of GET /health. */
  readonly readyMs: number;
  readonly stop: () => Promise<void>;
}

export interface StartOptions {
  /** The one core it and its children run on; any unless said. */
  readonly core?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startTreadle(data: string, options: StartOptions = {}): Promise<Server> {
  const port = await freePort();
  return await start(
    path.join(root, 'bin', 'treadle'),
    ['server', '--port', String(port), '--data', data],
    port,
    options,
  );
}

/** MLflow's own server as it comes: SQLite, its default number of workers. */
export async function startMlflow(folder: string): Promise<Server> {
  const port = await freePort();
  const store = [
    '--backend-store-uri',
    `sqlite:///${folder}/mlflow.db`,
    '--artifacts-destination',
    path.join(folder, 'artifacts'),
  ];
  return await start(
    path.join(venv, 'mlflow'),
    ['server', '--host', '127.0.0.1', '--port', String(port), ...store],
    port,
  );
}

// A bench that is ended early takes its servers along: only an orderly end runs what waits for `exit`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** Starts a program that serves at `port`, and waits until `ready` says that it answers: `GET /health` unless said. */
export async function start(
  command: string,
  args: readonly string[],
  port: number,
  { core, env = {}, ready = healthy }: StartOptions & { ready?: (url: string) => Promise<boolean> } = {},
): Promise<Server> {
  const began = performance.now();
  const [program, rest] =
    core === undefined ? [command, args] : ['taskset', ['-c', String(core), command, ...args]];
  // Into a file: a pipe that nobody reads while a load runs would stop a server that logs every request.
  const words = path.join(scratch(), 'said.log');
  const out = openSync(words, 'w');
  // A group of its own, so that all of a server's workers end with it.
  const child = spawn(program, rest, {
    stdio: ['ignore', out, out],
    detached: true,
    env: { ...process.env, PATH: `${venv}:${process.env['PATH'] ?? ''}`, ...env },
  });
  closeSync(out);
  const said = (): string => readFileSync(words, 'utf8').slice(-4000);
  const kill = (): void => endGroup(child, 'SIGKILL');
  process.on('exit', kill);
  const url = `http://127.0.0.1:${port}`;
  while (!(await ready(url))) {
    if (child.exitCode !== null) throw new Error(`${command} ended before it was ready:\n${said()}`);
    if (performance.now() - began > 180_000)
      throw new Error(`${command} is not ready after three minutes:\n${said()}`);
    await sleep(3);
  }
  const readyMs = performance.now() - began;
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('close', resolve));
    endGroup(child, 'SIGTERM');
    await Promise.race([ended, sleep(10_000)]);
    process.off('exit', kill);
    kill();
  };
  return { url, pid: child.pid ?? 0, readyMs, stop };
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // the group is gone already
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function healthy(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(`${url}/health`, { agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('error', () => resolve(false)).end();
  });
}

/** Memory of a process and everything below it, in MiB. Pages that several processes share are counted once (PSS). */
export function memory(pid: number): number {
  const kib = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? '0';
  return Number(kib) / 1024 + children(pid).reduce((sum, child) => sum + memory(child), 0);
}

/** Processor time of a process and everything below it, in ticks of 10 ms; a process that ends meanwhile no longer counts. */
function ticks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (
      Number(fields[11]) + Number(fields[12]) + children(pid).reduce((sum, child) => sum + ticks(child), 0)
    );
  } catch {
    return 0;
  }
}

/** Waits until a server has nothing more to do in the background: a peer that is measured beside it should not pay for that. */
export async function settled(pid: number): Promise<void> {
  for (let quiet = 0; quiet < 4;) {
    const before = ticks(pid);
    await sleep(1000);
    quiet = Math.abs(ticks(pid) - before) <= 3 ? quiet + 1 : 0;
  }
}

/** Resident memory of one process in MiB, as `ps` shows it. */
export function resident(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0') / 1024;
}

function children(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

export type Client = (
  method: 'GET' | 'POST',
  route: string,
  body?: unknown,
) => Promise<Record<string, unknown>>;

/** A plain HTTP client on one kept connection: both servers get the very same bytes, and no library's own cost is measured. */
export function client(url: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (method, route, body) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const headers =
        payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
      const asked = request(url + route, { method, agent, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (answer.statusCode === 200) resolve(JSON.parse(text || '{}') as Record<string, unknown>);
          else reject(new Error(`${method} ${route} answered ${answer.statusCode}: ${text.slice(0, 300)}`));
        });
      });
      asked.on('error', reject).end(payload);
    });
}

/** Milliseconds of each of `count` calls, one after the other. */
export async function timeEach(count: number, call: (index: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const began = performance.now();
    await call(index);
    times.push(performance.now() - began);
  }
  return times;
}

/** A number of the command line, `--runs 500`. */
export function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}
