import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';

const treadle = path.join(import.meta.dirname, '..', 'bin', 'treadle');

/** Runs a server, and on SIGUSR2 code in it that nobody catches. Answers what it said and how it ended. */
async function endBy(code: string, data: string): Promise<{ code: number | null; lines: string[] }> {
  const stray = `data:text/javascript,${encodeURIComponent(`process.once('SIGUSR2', () => { ${code} })`)}`;
  const child = spawn(treadle, ['server', '--port', '0', '--data', data, '--log', 'error'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: `--import=${stray}` },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    const before = said;
    said += chunk.toString();
    if (!before.includes('ready at') && said.includes('ready at')) child.kill('SIGUSR2');
  });
  const ended = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code: ended, lines: said.split('\n').filter((line) => line !== '' && !line.includes('ready at')) };
}

test('what nobody caught says one line, and the server ends in order with 1', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-last-'));
  try {
    for (const [code, what] of [
      ["throw new Error('stray error')", /an error that nobody caught/],
      ["Promise.reject(new Error('stray error'))", /a promise that nobody waited for/],
      // One that comes while it is ending changes nothing.
      ["setImmediate(() => { throw new Error('another') }); throw new Error('stray error')", /nobody caught/],
    ] as const) {
      const { code: ended, lines } = await endBy(code, data);
      assert.equal(ended, 1, lines.join('\n'));
      assert.equal(lines.length, 1, lines.join('\n'));
      const line = JSON.parse(lines[0]!) as { level: string; message: string; error: string };
      assert.equal(line.level, 'error');
      assert.match(line.message, what);
      assert.match(line.error, /stray error[\s\S]*at /);
      assert.equal(existsSync(path.join(data, 'treadle.db-wal')), false, 'the database was closed');
      assert.deepEqual(readdirSync(path.join(data, 'blobs', 'temp')), []);
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});
