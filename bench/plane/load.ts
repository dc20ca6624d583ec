import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../harness.ts';

/** What wrk says of a load; latencies in ms. */
export interface Load {
  requests: number;
  seconds: number;
  p50: number;
  p99: number;
  status: number;
  socket: number;
}

export interface Work {
  url: string;
  /** Holds the body. */
  file: string;
  type: string;
  headers: readonly string[];
  connections: number;
  seconds: number;
}

/** Processor time of a process, s: user and system. */
export function processorTime(pid: number): { user: number; system: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return { user: Number(fields[11]) / 100, system: Number(fields[12]) / 100 };
}

/** Asks from core 1, as fast as it is answered. */
export function load({ url, file, type, headers, connections, seconds }: Work): Load {
  const args = ['-c', '1', 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '-s'];
  args.push(path.join(root, 'bench', 'peers', 'post.lua'), url, '--', file, type, ...headers);
  const said = execFileSync('taskset', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(said.trim().split('\n').at(-1) ?? '') as Load; // written by post.lua
}
