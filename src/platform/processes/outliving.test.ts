import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProcesses, newMark, outputOf } from './index.ts';
import { HAS_PROC, liveMarks, readStat } from './proc.ts';

const root = mkdtempSync(path.join(tmpdir(), 'treadle-outliving-'));
const processes = createProcesses();
after(async () => {
  await processes.close();
  rmSync(root, { recursive: true, force: true });
});

interface Place {
  cwd: string;
  control: string;
  mark: string;
}

function place(): Place {
  const cwd = mkdtempSync(path.join(root, 'step-'));
  const control = `${cwd}.control`;
  mkdirSync(control, { mode: 0o700 });
  return { cwd, control, mark: newMark() };
}

const sh = (line: string): [string, ...string[]] => ['/bin/sh', '-c', line];
const said = ({ control }: Place): string => readFileSync(outputOf(control), 'utf8');
const alive = (pid: number): boolean => !['Z', undefined].includes(readStat(pid)?.state);

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 2000) throw new Error(`${what} never came`);
    await sleep(10);
  }
}

/** A server of its own starts the line and is killed without a word once the line has said something. */
async function orphan(line: string, more: { timeout?: number } = {}): Promise<Place> {
  const at = place();
  const script = path.join(at.cwd, '..', `${path.basename(at.cwd)}.mjs`);
  writeFileSync(
    script,
    `import { createProcesses } from ${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))};
     createProcesses().startOutliving({ ...${JSON.stringify({ ...at, ...more })}, argv: ${JSON.stringify(sh(line))}, env: { A: '1' } });
     console.log('up'); setInterval(() => undefined, 1000);`,
  );
  const server = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(server.stdout, 'data');
  await until('its first word', () => said(at) !== '');
  server.kill('SIGKILL');
  await once(server, 'exit');
  return at;
}

const skip = HAS_PROC ? false : 'without /proc trees end with their server';

test('a tree goes on without its server, and the next one has its output and its end', { skip }, async () => {
  const at = await orphan('echo one; until [ -e go ]; do sleep 0.02; done; echo two >&2; echo $A; exit 7');
  const found = await processes.find(at);
  assert.ok(typeof found === 'object');
  assert.ok(alive(found.pid));
  const tree = processes.attend(found, at);
  writeFileSync(path.join(at.cwd, 'go'), '');
  const ended = await tree.ended;
  assert.deepEqual([ended.reason, ended.code], ['exit', 7]);
  assert.equal(said(at), 'one\ntwo\n1\n');
  assert.ok(ended.cpu, 'its CPU time is known');
  assert.ok(ended.wallMs > 0 && tree.endedAt() >= tree.began());
  await tree.swept;
  assert.ok(!alive(found.pid));
});

test('one that ended while there was no server has its end, and left nothing running', { skip }, async () => {
  const at = await orphan(
    'setsid sleep 60 & sleep 60 & echo $! > left; echo up; until [ -e go ]; do sleep 0.02; done; kill -SEGV $$',
  );
  const left = Number(readFileSync(path.join(at.cwd, 'left'), 'utf8'));
  writeFileSync(path.join(at.cwd, 'go'), '');
  await until('its end', () => readFileSync(path.join(at.control, 'exit'), 'utf8') !== '');
  await until('the end of its group', () => !alive(left));
  const found = await processes.find(at);
  assert.equal(found, 'ended');
  const tree = processes.attend('ended', at);
  const ended = await tree.ended;
  assert.deepEqual([ended.reason, ended.signal], ['signal', 'SIGSEGV']);
  const [one, two] = [tree.endedAt(), processes.attend('ended', at).endedAt()];
  assert.equal(one, two, 'whoever asks hears the same');
  await tree.swept;
  await until('the end of what had left the session', () => !liveMarks().has(at.mark));
});

test('what had not begun when its server ended never begins', async () => {
  const at = place();
  assert.equal(await processes.find(at), 'lost');
  const late = processes.startOutliving({ ...at, argv: sh('echo ran > ran'), env: {} });
  await late.ended;
  assert.ok(!existsSync(path.join(at.cwd, 'ran')));
  assert.equal(await processes.find({ control: path.join(root, 'none'), mark: newMark() }), 'lost');
});

test('what was killed without its server, or told to stop by it, is lost', { skip }, async () => {
  const killed = await orphan('echo up; sleep 60');
  process.kill(-Number(readFileSync(path.join(killed.control, 'begun'), 'utf8')), 'SIGKILL');
  await until('its end', () => !alive(Number(readFileSync(path.join(killed.control, 'begun'), 'utf8'))));
  assert.equal(await processes.find(killed), 'lost');
  const told = await orphan('echo up; trap "" TERM; sleep 60');
  const pid = Number(readFileSync(path.join(told.control, 'begun'), 'utf8'));
  writeFileSync(path.join(told.control, 'asked'), 'cancelled');
  assert.equal(await processes.find(told), 'lost');
  await until('its end', () => !alive(pid));
});

test('limits hold whoever cares for a tree: time counts from its own start', { skip }, async () => {
  const at = await orphan('echo up; sleep 60', { timeout: 50_000 });
  const found = await processes.find(at);
  assert.ok(typeof found === 'object');
  await sleep(20);
  const late = await processes.attend(found, { ...at, timeout: 10, grace: 5000 }).ended;
  assert.equal(late.reason, 'timeout');
  // A server that ends between the signal and the end: the next one says why it ended.
  assert.equal(await processes.find(at), 'ended');
  assert.equal((await processes.attend('ended', { ...at, timeout: 10 }).ended).reason, 'timeout');
  const bad = processes.startOutliving({ ...place(), argv: ['/no/such/program'], env: {} });
  assert.equal((await bad.ended).code, 127);
  const nowhere = processes.startOutliving({
    ...place(),
    cwd: path.join(root, 'none'),
    argv: sh('true'),
    env: {},
  });
  assert.equal((await nowhere.ended).reason, 'not-started');
});

test('an orderly stop of the server ends what outlives a crash, too', async () => {
  const own = createProcesses();
  const at = place();
  const tree = own.startOutliving({ ...at, argv: sh('echo up; sleep 60'), env: {} });
  await until('its first word', () => said(at) !== '');
  await own.close();
  assert.equal((await tree.ended).reason, 'cancelled');
});
