import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { ExecutionDetail } from '../../src/pipelines/contract.ts';
import { runHere } from '../cli.ts';
import { openTest, type TestServer } from '../harness.ts';
import { until } from '../until.ts';
import { Project, states } from './pipelines/project.ts';

const treadle = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');
let server: TestServer;
before(async () => {
  server = await openTest();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

interface Said {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(p: Project, ...args: string[]): { child: ReturnType<typeof spawn>; said: Promise<Said> } {
  const child = spawn(treadle, args, { cwd: p.folder, env: { ...process.env, TREADLE_URL: server.url } });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  return { child, said: new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said }))) };
}
/** In this process, in the folder of the project. */
async function cli(p: Project, ...args: string[]): Promise<Said> {
  const before = process.cwd();
  process.chdir(p.folder);
  try {
    const { code, out, err } = await runHere(server.url, ...args);
    return { code, stdout: out, stderr: err };
  } finally {
    process.chdir(before);
  }
}

const project = (): Project =>
  new Project(server.url)
    .write(
      'treadle.yaml',
      'name: cli\nparams: { n: 1 }\nsteps:\n  one: { run: "echo working; sh one.sh > {o}", code: [one.sh], out: { o: o.txt } }\n  two: { run: "cat {o} > {q}; echo {n}", code: [], out: { q: q.txt } }\n',
    )
    .write('one.sh', 'echo 1');

test('run, run again, plan, why, executions, logs, check', async () => {
  using p = project();
  const run = await start(p, 'run', '--logs').said;
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^cli #1 succeeded in .*: 2 ran/);
  assert.match(run.stderr, /✔ one {2}ran in/);
  assert.match(run.stderr, /one \| working/);
  const again = await cli(p, 'run', '--json');
  const execution = JSON.parse(again.stdout) as ExecutionDetail;
  assert.deepEqual(states(execution), { one: 'cached', two: 'cached' });
  assert.equal(again.stderr, '');
  p.write('one.sh', 'echo 2');
  assert.match((await cli(p, 'plan')).stdout, /one {2}runs .*code one.sh changed[^]*two {2}depends/);
  assert.equal((await cli(p, 'run', 'one', '-p', 'n=1')).code, 0);
  assert.match(
    (await cli(p, 'why', 'one')).stdout,
    /one in execution 3: succeeded, compared with execution 2\n {2}code one.sh changed/,
  );
  assert.match((await cli(p, 'why', 'one', '-e', 'cli#1')).stdout, /it has not run before/);
  assert.match((await cli(p, 'executions', 'cli')).stdout, /cli +3 +succeeded/);
  assert.match((await cli(p, 'logs', '1', 'one')).stdout, /^working$/m);
  assert.match((await cli(p, 'check')).stdout, /treadle.yaml is good: 2 steps/);
});

test('a wrong file is shown with its places, and the exit code says so', async () => {
  using p = new Project(server.url).write(
    'treadle.yaml',
    'name: wrong\ndata: { d: nowhere@main }\nsteps:\n  a: { rum: x }\n  b: { run: "{c}" }\n',
  );
  const check = await cli(p, 'check');
  assert.equal(check.code, 1);
  assert.match(check.stdout, /treadle.yaml:4:8: 'rum' is not a key of steps.a\n {4}→ did you mean 'run'/);
  const run = await cli(p, 'run');
  assert.equal(run.code, 1);
  assert.match(run.stderr, /treadle.yaml:4:8/);
  p.write('treadle.yaml', 'name: wrong\ndata: { d: nowhere@main }\nsteps:\n  a: { run: "cat {d}" }\n');
  assert.match((await cli(p, 'check')).stdout, /treadle.yaml:2:12: .*nowhere/);
  p.write('treadle.yaml', 'name: wrong\nsteps:\n  a: { run: "echo reason; exit 3", code: [] }\n');
  const failed = await cli(p, 'run');
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /a \| reason/);
  assert.match(failed.stdout, /failed.*\na: it ended with code 3/);
  assert.equal((await cli(new Project(server.url), 'run')).code, 1);
});

test('Ctrl-C cancels the execution', async () => {
  using p = new Project(server.url).write(
    'treadle.yaml',
    `name: interrupted\nsteps:\n  a: { run: "touch ${server.shared}/up; sleep 60", code: [] }\n`,
  );
  const { child, said } = start(p, 'run');
  await until('the step', () => existsSync(path.join(server.shared, 'up')));
  child.kill('SIGINT');
  const { code, stdout } = await said;
  assert.equal(code, 130);
  assert.match(stdout, /interrupted #1 cancelled/);
});

test('a project without git leaves out what is ignored; with git, what git ignores', async () => {
  using p = project();
  p.write('.gitignore', '*.log\nbuild/\n')
    .write('x.log', 'l')
    .write('build/y', 'b')
    .write('.env', 'SECRET=1')
    .write('keep/z.txt', 'z');
  const names = async (): Promise<string[]> =>
    (await p.request()).code.map(({ path: name }) => name).toSorted();
  const kept = ['.gitignore', 'keep/z.txt', 'one.sh', 'treadle.yaml'];
  assert.deepEqual(await names(), kept);
  await new Promise((resolve) => spawn('git', ['init', '-q'], { cwd: p.folder }).on('close', resolve));
  assert.deepEqual(await names(), kept);
});
