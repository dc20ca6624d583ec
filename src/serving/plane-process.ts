import { randomBytes } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import { fileURLToPath } from 'node:url';
import { programFile } from '../platform/aside/index.ts';
import type { Log } from '../platform/log/index.ts';
import { limitTime, type Processes, type Running } from '../platform/processes/index.ts';
import type { ModelPlace } from '../runtimes/index.ts';
import type { Command, PlaneOptions, Report, SpokenSpec, TableEndpoint } from './plane/protocol.ts';

export interface Loaded {
  spec: SpokenSpec;
  ms: number;
  sample_ms: number;
}

/** What a plane shall hold: told again in whole after each start. */
export interface Desired {
  places: readonly ModelPlace[];
  endpoints: TableEndpoint[];
  keep: string[];
}

export interface Around {
  processes: Processes;
  log: Log;
  /** Where it runs: the data folder. */
  cwd: string;
  options: Omit<PlaneOptions, 'run'>;
  desired(): Desired;
  /** Where to listen; `undefined`: not yet. Asked after each start, and once more when what it holds is loaded. */
  door(plane: PlaneProcess, filled: boolean): Extract<Command, { type: 'listen' }> | undefined;
  /** Everything that is not an answer to a command. */
  report(plane: PlaneProcess, report: Report): void;
  /** `served`: it had a model and a door when it ended. */
  ended(plane: PlaneProcess, end: { why: string; served: boolean; run: string }): void;
}

export interface PlaneProcess {
  readonly number: number;
  /** Runs and took its first orders. */
  readonly up: boolean;
  /** Port and socket it listens on. */
  readonly door: { port: number; socket: string } | undefined;
  readonly loaded: ReadonlyMap<string, Loaded>;
  /** How often it came back after it had ended by itself. */
  readonly restarts: number;
  start(): void;
  send(command: Command): void;
  /** Rejects with the model's own problem, or when the process ends under it. */
  load(place: ModelPlace): Promise<Loaded>;
  /** Resolves when the table holds; also when the process ends, because the next one begins with it. */
  show(): Promise<void>;
  stop(): Promise<void>;
}

const PLANE = fileURLToPath(programFile('../plane', import.meta.url));
/**
 * Bodies make most of its garbage and are soon gone: threads that help to collect them only take the processor from the
 * answers, and a space for the young that outgrows the caches makes every request slower. MiB.
 */
export const GARBAGE = ['--single-threaded-gc', '--max-semi-space-size=4'];
const FIRST_WAIT = 100;
const LONGEST_WAIT = 10_000;
/** Up for this long, it counts as healthy: the next end waits little again. */
const HEALTHY = 60_000;
/** Ends in a row before its doors were open: whoever waits for a model hears why, rather than waiting on. */
const STILLBORN = 4;
/** A plane that does not take a table within so much processor time, or by the clock, hangs; it is ended, and the next one begins. */
const DEAF = { ms: 20_000, clock: 60_000 };

/** One process of the data plane: started, started again with a growing wait, and told each time what to hold. */
export function createPlaneProcess(number: number, around: Around): PlaneProcess {
  let running: Running | undefined;
  let stopping = false;
  let wait = FIRST_WAIT;
  let timer: NodeJS.Timeout | undefined;
  let sequence = 0;
  let restarts = 0;
  let words = '';
  let stillborn = 0;
  let door: PlaneProcess['door'];
  const loaded = new Map<string, Loaded>();
  const loading = new Map<string, PromiseWithResolvers<Loaded> & { place: ModelPlace }>();
  const showing = new Map<number, { resolve(): void }>();

  const send = (command: Command): void => {
    running?.stdin?.write(`${JSON.stringify(command)}\n`);
  };

  function heard(report: Report): void {
    switch (report.type) {
      case 'listening':
        door = { port: report.port, socket: report.socket };
        stillborn = 0;
        around.report(plane, report);
        return;
      case 'loaded': {
        const { spec, ms, sample_ms } = report;
        loaded.set(report.key, { spec, ms, sample_ms });
        loading.get(report.key)?.resolve({ spec, ms, sample_ms });
        loading.delete(report.key);
        return;
      }
      case 'failed': {
        const waiting = loading.get(report.key);
        loading.delete(report.key);
        loaded.delete(report.key);
        if (waiting) waiting.reject(new LoadFailure(report.problem));
        else around.report(plane, report);
        return;
      }
      case 'switched':
        for (const [at, shown] of showing) {
          if (at > report.sequence) continue;
          showing.delete(at);
          shown.resolve();
        }
        return;
      default:
        // Its last complaint says why it ended.
        if (report.type === 'log' && report.level === 'error')
          words = `${words}\nError: ${report.message}`.slice(-2000);
        around.report(plane, report);
    }
  }

  function start(): void {
    if (stopping) return;
    const began = performance.now();
    const run = randomBytes(4).toString('hex');
    const decoder = new StringDecoder('utf8');
    let rest = '';
    words = '';
    const child = around.processes.start({
      argv: [process.execPath, ...GARBAGE, '--disable-warning=ExperimentalWarning', PLANE],
      cwd: around.cwd,
      env: environment(),
      grace: 15_000,
      stdin: 'pipe',
      onOutput(chunk, stream) {
        if (stream === 'stderr') {
          words = (words + chunk.toString()).slice(-2000);
          return;
        }
        const lines = (rest + decoder.write(chunk)).split('\n');
        rest = lines.pop()!;
        for (const line of lines) {
          const report = reportOf(line);
          if (report) heard(report);
          else
            around.log.debug('a data plane said something else', { plane: number, line: line.slice(0, 500) });
        }
      },
    });
    running = child;
    void child.ended.then((end) => {
      const opened = door !== undefined;
      const served = opened && loaded.size > 0;
      running = undefined;
      door = undefined;
      loaded.clear();
      const last = words.trim() === '' ? undefined : lastLine(words);
      const why = last === undefined ? end.message : end.reason === 'ok' ? last : `${end.message}: ${last}`;
      // One that never opened its doors ended for another reason than a model: the loads wait for the next.
      if (!opened) stillborn++;
      if (opened || stopping || stillborn >= STILLBORN) {
        const problem = opened
          ? `the serving process ended while it loaded the model (${why})`
          : `the serving process cannot start (${why})`;
        const hint = /EADDRINUSE|EACCES/.test(why) ? '; give it another port with --inference-port' : '';
        for (const one of loading.values()) one.reject(new LoadFailure(problem + hint));
        loading.clear();
      }
      for (const shown of showing.values()) shown.resolve();
      showing.clear();
      if (stopping) return;
      if (performance.now() - began > HEALTHY) wait = FIRST_WAIT;
      around.log.error('a data plane ended and is started again', { plane: number, why, wait, words });
      around.ended(plane, { why, served, run });
      timer = setTimeout(() => {
        restarts++;
        start();
      }, wait);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    });
    send({ type: 'start', options: { ...around.options, run } });
    const now = around.door(plane, false);
    if (now) send(now);
    // Loads first, so that they are under way when the table that names them comes.
    const { places } = around.desired();
    for (const [key, { place, reject }] of loading) {
      // Asked for while none ran, and perhaps not wanted any more.
      if (places.some((wanted) => wanted.key === key)) send({ type: 'load', place });
      else {
        loading.delete(key);
        reject(new LoadFailure('it was given up'));
      }
    }
    const all = places.map((place) =>
      load(place).catch((error: unknown) => {
        if (running === child)
          around.report(plane, {
            type: 'failed',
            key: place.key,
            problem: error instanceof Error ? error.message : String(error),
          });
      }),
    );
    void show();
    if (!now)
      void Promise.all(all).then(async () => {
        if (running !== child) return;
        await show();
        const then = running === child ? around.door(plane, true) : undefined;
        if (then && door === undefined) send(then);
      });
  }

  function load(place: ModelPlace): Promise<Loaded> {
    const there = loaded.get(place.key);
    if (there) return Promise.resolve(there);
    const waiting = loading.get(place.key);
    if (waiting) return waiting.promise;
    if (stopping) return Promise.reject(new LoadFailure('the server is stopping'));
    const made = { ...Promise.withResolvers<Loaded>(), place };
    loading.set(place.key, made);
    made.promise.catch(() => undefined); // whoever asked hears it; a start asks for many at once
    send({ type: 'load', place });
    return made.promise;
  }

  function show(): Promise<void> {
    if (!running) return Promise.resolve();
    const child = running;
    const { endpoints, keep } = around.desired();
    const at = ++sequence;
    const named = new Set([...keep, ...endpoints.flatMap(keysOf)]);
    for (const key of loaded.keys()) if (!named.has(key)) loaded.delete(key);
    for (const [key, given] of loading) {
      if (named.has(key)) continue;
      loading.delete(key);
      given.reject(new LoadFailure('it was given up'));
    }
    return new Promise((resolve) => {
      const unwatch = limitTime({ ...DEAF, used: () => child.cpuMs() }, () => child.stop('timeout'));
      showing.set(at, {
        resolve() {
          unwatch();
          resolve();
        },
      });
      send({ type: 'table', sequence: at, endpoints, keep });
    });
  }

  const plane: PlaneProcess = {
    number,
    get up() {
      return running !== undefined;
    },
    get door() {
      return door;
    },
    loaded,
    get restarts() {
      return restarts;
    },
    start,
    send,
    load,
    show,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      // Nobody loads them any more: whoever waits hears it now, not at the end of their patience.
      for (const one of loading.values()) one.reject(new LoadFailure('the server is stopping'));
      loading.clear();
      if (!running) return;
      const { ended, stop } = running;
      send({ type: 'stop' });
      // It answers what it has begun; one that will not end does not hold the server.
      const impatience = setTimeout(() => stop('cancelled'), 5_000);
      await ended;
      clearTimeout(impatience);
    },
  };
  return plane;
}

/** A model that could not be loaded; the message is for people. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
}

export const keysOf = ({ variants, fallback }: TableEndpoint): string[] =>
  [...variants, ...(fallback?.variants ?? [])].map(({ key }) => key);

/** A process of ours that speaks anything but a report has a library in it that prints. */
function reportOf(line: string): Report | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Report;
  } catch {
    return undefined;
  }
}

/** The line that says what was wrong: Node ends its last words with a line about itself. */
function lastLine(text: string): string {
  const lines = text.trim().split('\n');
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)!)
    .trim()
    .replace(/^Error: /, '')
    .slice(0, 500);
}

/** What Node, ONNX Runtime and a Python host need of the server's environment; no token, no address of a database. */
function environment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_COMPILE_CACHE', 'LD_LIBRARY_PATH'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
