import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';
import type { Command, Report } from './serving/plane/protocol.ts';

async function start(t: TestContext) {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-plane-'));
  const socket = path.join(folder, 'plane.sock');
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'plane.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const reports: Report[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => reports.push(JSON.parse(line) as Report));
  const send = (command: Command | { type: 'nonsense' }): void =>
    void child.stdin.write(`${JSON.stringify(command)}\n`);
  async function report<T extends Report['type']>(type: T): Promise<Extract<Report, { type: T }>> {
    for (;;) {
      const found = reports.find((one) => one.type === type);
      if (found) return found as Extract<Report, { type: T }>;
      await Promise.race([once(lines, 'line'), once(child, 'exit')]);
      assert.equal(child.exitCode, null, 'it ended');
    }
  }
  send({ type: 'start', options: { hosts: ['127.0.0.1'], key: 'ab', log: 'info' } });
  send({ type: 'listen', host: '127.0.0.1', port: 0, reusePort: false, socket });
  const { port } = await report('listening');
  return { child, send, report, reports, lines, port, socket };
}

function status(at: { port: number } | { socketPath: string }, where: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(
      { ...at, host: '127.0.0.1', path: where, headers: { host: '127.0.0.1' }, agent: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    )
      .on('error', reject)
      .end();
  });
}

test('it answers on its port and its socket, and goes on after a line that it cannot read', async (t) => {
  const { child, send, report, port, socket } = await start(t);
  child.stdin.write('this is no command\n\n');
  assert.match((await report('log')).message, /a command failed/);
  send({ type: 'table', sequence: 4, endpoints: [], keep: [] });
  assert.equal((await report('switched')).sequence, 4);
  assert.equal(await status({ port }, '/v2/health/ready'), 200);
  assert.equal(await status({ socketPath: socket }, '/v2/health/live'), 200);
  send({ type: 'stop' });
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  await assert.rejects(status({ port }, '/v2/health/live'), /ECONNREFUSED/);
});

test('a caller that the server does not know is asked for, and told what the server says', async (t) => {
  const { send, report, port } = await start(t);
  const asked = status({ port }, '/v2/models');
  const { id } = await report('authenticate');
  send({ type: 'caller', id, verdict: { ok: false, status: 401, message: 'who are you?' } });
  assert.equal(await asked, 401);
});

test('it ends with the server that started it', async (t) => {
  const { child } = await start(t);
  child.stdin.end();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('a server that does not read its reports holds no answer up', async (t) => {
  const { child, port, lines } = await start(t);
  lines.pause();
  child.stdout.pause();
  const flood = `${'x'.repeat(300)}\n`.repeat(1000);
  for (let index = 0; index < 100; index++) if (!child.stdin.write(flood)) await once(child.stdin, 'drain');
  assert.equal(await status({ port }, '/v2/health/live'), 200);
  child.stdout.resume();
  lines.resume();
  child.stdin.end();
  await once(child, 'exit');
});

test('a port that is taken is said in a report, and it ends', async (t) => {
  const { port } = await start(t);
  const other = spawn(process.execPath, [path.join(import.meta.dirname, 'plane.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => other.kill('SIGKILL'));
  const options = { hosts: 'any', loopback: true, key: 'ab', log: 'info' } as const;
  const listen: Command = { type: 'listen', host: '127.0.0.1', port, reusePort: false, socket: '' };
  other.stdin.write(`${JSON.stringify({ type: 'start', options })}\n${JSON.stringify(listen)}\n`);
  let said = '';
  other.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  assert.notEqual((await once(other, 'exit'))[0], 0);
  assert.match(said, /"level":"error".*cannot listen.*EADDRINUSE/);
});
