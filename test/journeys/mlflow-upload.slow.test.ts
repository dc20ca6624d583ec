import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';

const MIB = 1024 * 1024;
const SIZE = 256 * MIB;
/** MLflow's own server grows by more than twice the file's size. */
const ALLOWED = 96 * MIB;
const root = path.resolve(import.meta.dirname, '../..');

test(
  '256 MiB go up and down through the artifact proxy without passing through memory',
  { skip: process.platform === 'linux' ? false : 'reads /proc' },
  async (t) => {
    const data = mkdtempSync(path.join(tmpdir(), 'treadle-upload-'));
    const server = spawn(
      process.execPath,
      [path.join(root, 'src/main.ts'), 'server', '--port', '0', '--data', data],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    try {
      const url = await new Promise<string>((resolve, reject) => {
        let said = '';
        server.stderr.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          const found = /ready at (http:\/\/\S+)/.exec(said)?.[1];
          if (found !== undefined) resolve(found);
        });
        server.once('exit', () => reject(new Error(`the server ended: ${said}`)));
      });
      const resident = () =>
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) * 1024;
      const file = `${url}/api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/big.bin`;
      await put(file, 2 * MIB); // everything is loaded and warm
      const before = resident();
      let peak = before;
      const watch = setInterval(() => (peak = Math.max(peak, resident())), 20);
      const sent = await put(file, SIZE);
      const up = peak - before;
      const received = await get(file);
      clearInterval(watch);
      t.diagnostic(
        `memory grew by ${Math.round(up / MIB)} MiB going up, ${Math.round((peak - before) / MIB)} MiB in all`,
      );
      assert.deepEqual(received, { size: SIZE, hash: sent });
      assert.ok(up < ALLOWED, `the upload took ${Math.round(up / MIB)} MiB of memory`);
      assert.ok(
        peak - before < ALLOWED,
        `the download took ${Math.round((peak - before) / MIB)} MiB of memory`,
      );
    } finally {
      server.kill('SIGKILL');
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
      rmSync(data, { recursive: true, force: true });
    }
  },
);

/** Sends bytes that no compression and no chunk shared with another makes smaller; returns their hash. */
function put(url: string, size: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    const sending = request(
      url,
      { method: 'PUT', headers: { 'content-length': String(size) } },
      (response) => {
        response
          .resume()
          .once('end', () =>
            response.statusCode === 200
              ? resolve(hash.digest('hex'))
              : reject(new Error(`status ${response.statusCode}`)),
          );
      },
    );
    sending.on('error', reject);
    let left = size;
    const more = (): void => {
      while (left > 0) {
        const chunk = randomFillSync(Buffer.allocUnsafe(Math.min(left, MIB)));
        hash.update(chunk);
        left -= chunk.length;
        if (!sending.write(chunk)) return void sending.once('drain', more);
      }
      sending.end();
    };
    more();
  });
}

function get(url: string): Promise<{ size: number; hash: string }> {
  return new Promise((resolve, reject) => {
    request(url, (response) => {
      const hash = createHash('sha256');
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        hash.update(chunk);
      });
      response.once('end', () => resolve({ size, hash: hash.digest('hex') }));
      response.once('error', reject);
    })
      .on('error', reject)
      .end();
  });
}
