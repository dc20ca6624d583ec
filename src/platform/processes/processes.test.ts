import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { until } from '../../../test/until.ts';
import { createProcesses, reap } from './index.ts';
import { allStats, readStat } from './proc.ts';

const processes = createProcesses();
after(() => processes.close());
const folder = (): string => mkdtempSync(path.join(tmpdir(), 'treadle-processes-'));
const sh = (line: string): [string, ...string[]] => ['/bin/sh', '-c', line];
const alive = (pid: number): boolean =>
  readStat(pid) !== undefined && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

const pidIn = async (file: string): Promise<number> =>
  Number(
    await until(
      file,
      () => existsSync(file) && readFileSync(file, 'utf8').trim() !== '' && readFileSync(file, 'utf8'),
    ),
  );

test('one that may wait stays behind others, and so does what it starts', async () => {
  const argv = sh('nice; sh -c nice'); // `nice` alone prints the priority that it inherited
  const aside = await processes.run({ argv, cwd: folder(), env: {}, aside: true });
  const behind = Math.min(19, getPriority() + 10);
  assert.equal(aside.stdout, `${behind}\n${behind}\n`);
  const usual = await processes.run({ argv, cwd: folder(), env: {} });
  assert.equal(usual.stdout, `${getPriority()}\n${getPriority()}\n`);
});

const gone = (pid: number): Promise<boolean> => until(`the end of ${pid}`, () => !alive(pid));

test('a process ends with its reason, its output and its CPU time', async () => {
  const cwd = folder();
  const good = await processes.run({ argv: sh('echo out; echo err >&2'), cwd, env: {} });
  assert.equal(good.reason, 'ok');
  assert.deepEqual([good.stdout, good.stderr], ['out\n', 'err\n']);
  const bad = await processes.run({ argv: sh('exit 7'), cwd, env: {} });
  assert.deepEqual([bad.reason, bad.code], ['exit', 7]);
  const killed = await processes.run({ argv: sh('kill -SEGV $$'), cwd, env: {} });
  assert.deepEqual([killed.reason, killed.signal], ['signal', 'SIGSEGV']);
  const absent = await processes.run({ argv: ['/no/such/program'], cwd, env: {} });
  assert.deepEqual([absent.reason, absent.code], ['exit', 127]);
  const nowhere = await processes.run({ argv: sh('true'), cwd: path.join(cwd, 'none'), env: {} });
  assert.equal(nowhere.reason, 'not-started');
  const busy = await processes.run({
    argv: sh('i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'),
    cwd,
    env: {},
  });
  assert.ok(busy.cpu!.userMs > 50, `cpu time was ${busy.cpu?.userMs} ms`);
});

test('nothing of the server leaks in: environment, umask, stdin, arguments of a shell', async () => {
  const cwd = folder();
  process.env['TREADLE_TEST_SECRET'] = 'leaked';
  const seen = await processes.run({ argv: ['env'], cwd, env: { A: '1' } });
  assert.deepEqual(
    seen.stdout
      .split('\n')
      .map((line) => line.split('=')[0]!)
      .filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_', ''].includes(name))
      .toSorted(),
    ['A', 'PATH', 'TREADLE_PROCESS'],
  );
  await processes.run({ argv: sh('echo x > f; cat'), cwd, env: {} });
  assert.equal(statSync(path.join(cwd, 'f')).mode & 0o777, 0o600);
  const literal = await processes.run({ argv: ['printf', '%s', '$(id); `id` "x'], cwd, env: {} });
  assert.equal(literal.stdout, '$(id); `id` "x');
});

test('a time limit, a cancel and a memory limit end the whole tree, grandchildren that left the session too', async () => {
  const cwd = folder();
  const late = await processes.run({
    argv: sh('sleep 60 & sleep 60'),
    cwd,
    env: {},
    timeout: 100,
    grace: 200,
  });
  assert.equal(late.reason, 'timeout');
  assert.match(late.message, /time limit of 0.1 s/);

  const aborter = new AbortController();
  const running = processes.start({
    argv: sh(
      `sh -c 'echo $$ > child; sleep 60' & setsid sh -c 'echo $$ > escaped; trap "" TERM; sleep 60' & sh -c 'trap "" TERM; echo $$ > stubborn; while :; do sleep 0.05; done'`,
    ),
    cwd,
    env: {},
    grace: 150,
    signal: aborter.signal,
  });
  const pids = await Promise.all(['child', 'escaped', 'stubborn'].map((name) => pidIn(path.join(cwd, name))));
  aborter.abort();
  assert.equal((await running.ended).reason, 'cancelled');
  for (const pid of pids) assert.ok(await gone(pid), `process ${pid} survived the cancel`);

  const greedy = await processes.run({
    argv: ['python3', '-c', 'import time\nx = bytearray(300 << 20)\ntime.sleep(20)'],
    cwd,
    env: {},
    memory: 100 << 20,
  });
  assert.equal(greedy.reason, 'oom');
  assert.match(greedy.message, /more than its limit of 100 MiB/);
  assert.ok(greedy.peakRss > 100 << 20);
});

test('what a process leaves in the background ends with it', async () => {
  const cwd = folder();
  const ended = await processes.run({ argv: sh('sleep 60 & echo $! > left; sleep 0.05'), cwd, env: {} });
  assert.equal(ended.reason, 'ok');
  assert.ok(await gone(await pidIn(path.join(cwd, 'left'))));
});

test('a polite stop lets a process finish its work', async () => {
  const cwd = folder();
  const running = processes.start({
    argv: sh(`trap 'echo saved > saved; exit 0' TERM; echo $$ > up; while :; do sleep 0.02; done`),
    cwd,
    env: {},
  });
  await pidIn(path.join(cwd, 'up'));
  running.stop('cancelled');
  assert.equal((await running.ended).reason, 'cancelled');
  assert.ok(existsSync(path.join(cwd, 'saved')));
});

test('samples carry CPU and memory of the tree', async () => {
  const cwd = folder();
  const enough = path.join(cwd, 'enough');
  const large: number[] = [];
  const ended = await processes.start({
    argv: ['python3', '-c', 'import os\nx = bytearray(50 << 20)\nwhile not os.path.exists("enough"): pass'],
    cwd,
    env: {},
    onSample({ rss }) {
      if (rss > 50 << 20) large.push(rss);
      if (large.length === 2) writeFileSync(enough, '');
    },
  }).ended;
  assert.equal(ended.reason, 'ok');
  assert.ok(large.length >= 2);
  assert.ok(ended.peakRss > 50 << 20);
  assert.ok((ended.cpu?.userMs ?? 0) > 0);
});

test('killing the server kills every tree at once; what escaped is reaped at the next start', async () => {
  const cwd = folder();
  const script = path.join(cwd, 'server.mjs');
  writeFileSync(
    script,
    `import { createProcesses } from ${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))};
     const started = createProcesses().start({ argv: ['/bin/sh', '-c', 'echo $$ > inner; setsid sh -c "echo \\\\$\\\\$ > escaped; exec sleep 60" & sleep 60'], cwd: ${JSON.stringify(cwd)}, env: {} });
     console.log(JSON.stringify(started.mark));`,
  );
  const server = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const mark = JSON.parse(line.toString()) as Parameters<typeof reap>[0][number];
  const inner = await pidIn(path.join(cwd, 'inner'));
  const escaped = await pidIn(path.join(cwd, 'escaped'));
  server.kill('SIGKILL');
  assert.ok(await gone(inner), 'the step survived its server');
  assert.ok(await gone(mark.pid), 'the supervisor survived its server');
  assert.ok(alive(escaped), 'the test shows nothing if nothing escaped');
  assert.ok(reap([mark]) >= 1);
  assert.ok(await gone(escaped));
  // A pid of another start time is a stranger's.
  const stranger = allStats().find(({ pid }) => pid === process.pid)!;
  assert.equal(
    reap([{ pid: stranger.pid, start: stranger.start + 1, boot: mark.boot, mark: 'ffffffff' }]),
    0,
  );
});
