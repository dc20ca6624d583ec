import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { messageOf } from '../errors/index.ts';
import type { Isolate, Isolation } from './isolate.ts';
import { wrap, type Wrapped } from './isolation.ts';
import { bootId, HAS_PROC, killUser, oomKills, readStat } from './proc.ts';
import { behind, setSessionAside } from './priority.ts';
import type { ResourceSample } from './sampler.ts';
import { parseTimes, supervised } from './supervise.ts';
import { limitTime } from './time-limit.ts';

export interface StartOptions {
  /** The program and its arguments; never a line for a shell to read. */
  argv: readonly [string, ...string[]];
  cwd: string;
  /** The whole environment of the process; nothing of the server's own is added but PATH, where it is missing. */
  env: Readonly<Record<string, string>>;
  /**
   * Foreign code runs behind walls, as far as this machine has them; without this it is our own code, with all rights of the server.
   * What lies in the folders that it may write is not to be trusted afterwards: names in it may be links to anywhere.
   */
  isolate?: Isolate | undefined;
  /** Milliseconds by the clock until it is stopped with reason `timeout`. */
  timeout?: number | undefined;
  /**
   * Milliseconds of processor time of the whole tree until it is stopped with reason `timeout`: work that others starve has as much as
   * it has alone. Unless `timeout` says another, ten times as long by the clock ends it, too. Without /proc it is the clock's.
   */
  cpuTimeout?: number | undefined;
  /** Milliseconds between the polite signal and the final one. Default 5 s. */
  grace?: number | undefined;
  /** Resident bytes of the whole tree above which it is killed with reason `oom`. */
  memory?: number | undefined;
  /** stderr goes where stdout goes, in the order of writing. */
  merge?: boolean;
  /** Gets output as it comes. Without it, output is thrown away. */
  onOutput?: ((chunk: Buffer, stream: 'stdout' | 'stderr') => void) | undefined;
  onSample?: ((sample: ResourceSample) => void) | undefined;
  /** 24 hex digits, to be known before the start; made up otherwise. Stands in the environment as TREADLE_PROCESS. */
  mark?: string;
  /** Stops the tree with reason `cancelled`. */
  signal?: AbortSignal | undefined;
  /** Stays behind others that want the processor. */
  aside?: boolean;
  /** `pipe`: write to `stdin` of what is returned. Default: empty. */
  stdin?: 'pipe' | 'empty';
}

/** Why a process ended. */
export type ExitReason = 'ok' | 'exit' | 'signal' | 'timeout' | 'oom' | 'cancelled' | 'not-started';

export interface Ended {
  reason: ExitReason;
  /** Exit code; 128 + n after signal n, as shells say it. Absent when it never started. */
  code?: number;
  signal?: string;
  /** One sentence for people. */
  message: string;
  wallMs: number;
  /** CPU time of the command and of everything it waited for. */
  cpu: { userMs: number; systemMs: number } | undefined;
  /** Highest resident bytes of the tree that were seen. */
  peakRss: number;
  readBytes: number;
  writtenBytes: number;
}

/** Names one process tree beyond the life of the server: kept in the database, used by `reap`. */
export interface ProcessMark {
  pid: number;
  /** Ticks since boot; a pid alone is used again. */
  start: number;
  boot: string;
  /** Stands in the environment of every process of the tree as TREADLE_PROCESS. */
  mark: string;
}

export interface Running {
  readonly mark: ProcessMark;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly ended: Promise<Ended>;
  /** Processor time of the tree when it was last looked at, ms; undefined where the machine does not tell. */
  cpuMs(): number | undefined;
  /** TERM to the group, KILL after the grace. The first reason counts. */
  stop(reason: 'cancelled' | 'timeout' | 'oom'): void;
}

export interface Surroundings {
  watch(options: {
    session: number;
    memoryLimit: number | undefined;
    onSample(s: ResourceSample, peak: number): void;
    onMemoryExceeded(bytes: number): void;
  }): () => void;
  /** Looks for processes that left the group and the session, and ends them; resolves when it has. */
  sweep(mark: string): Promise<void>;
  isolation: Isolation;
  now(): number;
}

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));
export const newMark = (): string => randomBytes(12).toString('hex');

/** Starts a process tree of its own session. Never throws: a program that cannot be started ends with `not-started`. */
export function start(options: StartOptions, around: Surroundings): Running {
  const { memory, timeout, cpuTimeout, grace = 5000, merge = false, onOutput, onSample, signal } = options;
  const mark = options.mark ?? newMark();
  const began = around.now();
  const oomBefore = oomKills();
  const PATH = process.env['PATH'] ?? '/usr/bin:/bin';
  let wrapped: Wrapped;
  try {
    const command = { argv: options.argv, cwd: options.cwd, env: { PATH, ...options.env } };
    wrapped = options.isolate
      ? wrap(around.isolation, options.isolate, command, mark)
      : { ...command, release: () => undefined };
  } catch (error) {
    return notStarted(mark, messageOf(error));
  }
  const { argv, cwd } = wrapped;
  const [program, ...args] = supervised(options.aside === true ? behind(argv) : argv, {
    merge,
    tells: wrapped.tells === true,
  });
  const child = spawn(program!, args, {
    cwd,
    env: { PATH, ...wrapped.env, TREADLE_PROCESS: mark },
    detached: true,
    stdio: [options.stdin === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  const pid = child.pid ?? 0;
  if (options.aside === true && pid > 0) setSessionAside(pid);

  let asked: 'cancelled' | 'timeout' | 'oom' | undefined;
  let killer: NodeJS.Timeout | undefined;
  const stop = (reason: 'cancelled' | 'timeout' | 'oom'): void => {
    if (asked !== undefined || child.exitCode !== null || child.signalCode !== null) return;
    asked = reason;
    killGroup(pid, reason === 'oom' ? 'SIGKILL' : 'SIGTERM');
    killer = setTimeout(() => killGroup(pid, 'SIGKILL'), grace);
  };

  let peakRss = 0;
  let last: ResourceSample | undefined;
  let exceeded = 0;
  const unwatch = around.watch({
    session: pid,
    memoryLimit: memory,
    onSample(sample, peak) {
      peakRss = Math.max(peakRss, peak);
      last = sample;
      onSample?.(sample);
    },
    onMemoryExceeded(bytes) {
      exceeded = bytes;
      peakRss = Math.max(peakRss, bytes);
      stop('oom');
    },
  });
  const cpuMs = (): number | undefined => (HAS_PROC ? (last?.cpuMs ?? 0) : undefined);
  const timer = timeout === undefined ? undefined : setTimeout(() => stop('timeout'), timeout);
  let limit: string | undefined;
  const unlimit =
    cpuTimeout === undefined
      ? undefined
      : limitTime({ ms: cpuTimeout, clock: timeout, used: cpuMs }, (exceeding) => {
          limit = exceeding;
          stop('timeout');
        });
  const abort = (): void => stop('cancelled');
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();

  if (onOutput) {
    child.stdout?.on('data', (chunk: Buffer) => onOutput(chunk, 'stdout'));
    child.stderr?.on('data', (chunk: Buffer) => onOutput(chunk, 'stderr'));
  } else {
    child.stderr?.resume();
    if (options.stdin !== 'pipe') child.stdout?.resume();
  }
  child.stdin?.on('error', () => undefined); // it may end without reading all of it
  let times = '';
  const channel = child.stdio[3] as Readable;
  channel?.on('data', (chunk: Buffer) => (times += chunk.toString()));
  channel?.on('error', () => undefined);

  const ended = new Promise<Ended>((resolve) => {
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
      if (child.pid === undefined) {
        wrapped.release();
        finish(null, null);
      }
    });
    child.once('exit', () => {
      killGroup(pid, 'SIGKILL'); // what it left in the background ends with it
      // Without a namespace that ends with its first process, its user tells what is its own, wherever that went.
      if (wrapped.user !== undefined && !around.isolation.namespaces) killUser(wrapped.user);
      wrapped.release();
      void around.sweep(mark);
      // A process that escaped may hold the pipes open; the sweep ends it, and this ends the waiting.
      setTimeout(() => child.stdout?.destroy(), 2000).unref();
      setTimeout(() => child.stderr?.destroy(), 2000).unref();
    });
    child.once('close', finish);
    function finish(code: number | null, killedBy: string | null): void {
      clearTimeout(timer);
      unlimit?.();
      clearTimeout(killer);
      unwatch();
      signal?.removeEventListener('abort', abort);
      resolve({
        ...judge({ code, killedBy, asked, failure, oomed: oomKills() > oomBefore, exceeded, limit, options }),
        wallMs: around.now() - began,
        cpu: parseTimes(times) ?? (last ? { userMs: last.cpuMs, systemMs: 0 } : undefined),
        peakRss,
        readBytes: last?.readBytes ?? 0,
        writtenBytes: last?.writtenBytes ?? 0,
      });
    }
  });
  return {
    mark: { pid, start: readStat(pid)?.start ?? 0, boot: bootId(), mark },
    stdin: child.stdin ?? undefined,
    stdout: child.stdout ?? undefined,
    ended,
    cpuMs,
    stop,
  };
}

/** Its walls could not be built: it is not started without them. */
export function notStarted(mark: string, problem: string): Running {
  return {
    mark: { pid: 0, start: 0, boot: bootId(), mark },
    stdin: undefined,
    stdout: undefined,
    ended: Promise.resolve({
      reason: 'not-started',
      message: `it could not be started: ${problem}`,
      wallMs: 0,
      cpu: undefined,
      peakRss: 0,
      readBytes: 0,
      writtenBytes: 0,
    }),
    cpuMs: () => undefined,
    stop: () => undefined,
  };
}

export function killGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 1) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // all of it is gone already
  }
}

export interface Evidence {
  code: ChildProcess['exitCode'];
  killedBy: string | null;
  asked: 'cancelled' | 'timeout' | 'oom' | undefined;
  failure: Error | undefined;
  oomed: boolean;
  exceeded: number;
  /** The limit of time that it exceeded, where it is another than `timeout`. */
  limit?: string | undefined;
  options: Pick<StartOptions, 'timeout' | 'memory'>;
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 / 1024)} MiB`;

export function judge({
  code,
  killedBy,
  asked,
  failure,
  oomed,
  exceeded,
  limit,
  options,
}: Evidence): Pick<Ended, 'reason' | 'code' | 'signal' | 'message'> {
  if (failure && code === null && killedBy === null)
    return { reason: 'not-started', message: `it could not be started: ${failure.message}` };
  const signal = killedBy ?? (code !== null && code > 128 ? signalNames.get(code - 128) : undefined);
  const end = { ...(code === null ? {} : { code }), ...(signal === undefined ? {} : { signal }) };
  if (asked === 'timeout')
    return {
      reason: 'timeout',
      ...end,
      message:
        limit === undefined && options.timeout === undefined
          ? 'it was stopped because it no longer answered in time'
          : `it was stopped after its time limit of ${limit ?? `${(options.timeout ?? 0) / 1000} s`}`,
    };
  if (asked === 'oom')
    return {
      reason: 'oom',
      ...end,
      message: `it used ${mebibytes(exceeded)} of memory, more than its limit of ${mebibytes(options.memory ?? 0)}`,
    };
  if (asked === 'cancelled') return { reason: 'cancelled', ...end, message: 'it was cancelled' };
  if (code === 0) return { reason: 'ok', code, message: 'it ended well' };
  if (signal === 'SIGKILL' && oomed)
    return { reason: 'oom', ...end, message: 'the machine ran out of memory, and the kernel killed it' };
  if (signal !== undefined) return { reason: 'signal', ...end, message: `it was ended by ${signal}` };
  if (code === 127)
    return { reason: 'exit', code, message: 'it ended with code 127: a command was not found' };
  return { reason: 'exit', ...end, message: `it ended with code ${code}` };
}
