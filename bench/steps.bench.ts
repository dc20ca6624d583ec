// What an orchestrator costs: from a ready step to its process running, and a chain of steps that do next to nothing, beside `dvc repro`.
//   npm run bench -- steps --steps 40 --rounds 5
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  client,
  figure,
  median,
  option,
  peerProgram,
  percentile,
  report,
  root,
  scratch,
  startTreadle,
  type Client,
} from './harness.ts';

const steps = option('steps', 40);
const rounds = option('rounds', 5);
const treadle = path.join(root, 'bin', 'treadle');
const dvc = peerProgram('bench-python', 'dvc');

/** The same chain in both files: each step copies one small file. `round` makes every step new. */
function treadleFile(round: number): string {
  const step = (index: number): string => {
    const run = index === 0 ? `echo ${round} > {o0}` : `cp {o${index - 1}} {o${index}}`;
    return `  s${index}:\n    run: ${run}\n    code: []\n    out: { o${index}: o${index}.txt }\n`;
  };
  return `name: bench-steps\nenv: system\nsteps:\n${Array.from({ length: steps }, (_, index) => step(index)).join('')}`;
}

function dvcFile(round: number): string {
  const stage = (index: number): string => {
    const deps = index === 0 ? '' : `    deps: [o${index - 1}.txt]\n`;
    const cmd = index === 0 ? `echo ${round} > o0.txt` : `cp o${index - 1}.txt o${index}.txt`;
    return `  s${index}:\n    cmd: ${cmd}\n${deps}    outs: [o${index}.txt]\n`;
  };
  return `stages:\n${Array.from({ length: steps }, (_, index) => stage(index)).join('')}`;
}

/** Seconds of a command; its output is shown only when it fails. */
function time(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): number {
  const began = performance.now();
  const done = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, DVC_NO_ANALYTICS: '1', ...env },
  });
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${done.status}:\n${done.stdout}${done.stderr}`);
  return (performance.now() - began) / 1000;
}

interface Execution {
  readonly id: string;
  readonly steps: readonly { readonly start_delay_ms?: number }[];
}

/** From ready to the process running, of each step of the newest execution: the server's own clock, without the wait for free cores. */
async function startDelays(call: Client): Promise<number[]> {
  const { items } = (await call('GET', '/api/v1/executions?pipeline=bench-steps&limit=1')) as {
    items: Execution[];
  };
  const detail = (await call('GET', `/api/v1/executions/${items[0]?.id ?? ''}`)) as unknown as Execution;
  return detail.steps.flatMap(({ start_delay_ms }) => (start_delay_ms === undefined ? [] : [start_delay_ms]));
}

async function measureTreadle(): Promise<{ chain: number[]; again: number[]; delays: number[] }> {
  const project = path.join(scratch(), 'project');
  mkdirSync(project);
  const server = await startTreadle(path.join(project, '..', 'data'));
  const env = { TREADLE_URL: server.url };
  const call = client(server.url);
  const measured = { chain: [] as number[], again: [] as number[], delays: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    writeFileSync(path.join(project, 'treadle.yaml'), treadleFile(round));
    measured.chain.push(time(treadle, ['run'], project, env));
    measured.delays.push(...(await startDelays(call)));
    measured.again.push(time(treadle, ['run'], project, env));
  }
  await server.stop();
  return measured;
}

function measureDvc(): { chain: number[]; again: number[] } {
  const project = scratch();
  time(dvc, ['init', '--no-scm', '--quiet'], project);
  const measured = { chain: [] as number[], again: [] as number[] };
  for (let round = 0; round < Math.min(2, rounds); round++) {
    writeFileSync(path.join(project, 'dvc.yaml'), dvcFile(round));
    measured.chain.push(time(dvc, ['repro', '--quiet'], project));
    measured.again.push(time(dvc, ['repro', '--quiet'], project));
  }
  return measured;
}

const ours = await measureTreadle();
const theirs = measureDvc();
const peer = 'dvc repro';
figure({
  name: 'ready step to its process running (p50)',
  value: median(ours.delays),
  unit: 'ms',
  better: 'lower',
});
figure({
  name: 'ready step to its process running (p99)',
  value: percentile(ours.delays, 0.99),
  unit: 'ms',
  better: 'lower',
});
figure({
  name: `chain of ${steps} steps, command to result`,
  value: median(ours.chain),
  unit: 's',
  better: 'lower',
  peer,
  peerValue: median(theirs.chain),
});
figure({
  name: `the same again, nothing changed`,
  value: median(ours.again),
  unit: 's',
  better: 'lower',
  peer,
  peerValue: median(theirs.again),
});
report();
