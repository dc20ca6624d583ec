// The server as a child of `npm start`, or the one that is already running there.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../setup/place.mjs';
import { SetupError } from '../setup/run.mjs';

/** @returns {Promise<{url: string, ours: boolean, ended: Promise<number>, stop: () => Promise<void>}>} when /health answers. */
export async function openServer({ port, data }) {
  const url = `http://127.0.0.1:${port}`;
  if (port !== '0' && (await isTreadle(url))) {
    return { url, ours: false, ended: new Promise(() => {}), stop: async () => {} };
  }
  const child = spawn(join(root, 'bin', 'treadle'), ['server', '--port', port, '--data', data], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // An interrupt from the keyboard reaches the whole group: the server must finish its work after we asked it to stop, once.
    detached: true,
  });
  const ended = new Promise((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? (signal ? 1 : 0))),
  );
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  process.on('exit', () => child.kill('SIGTERM'));
  return { url: await ready(child, ended, port), ours: true, ended, stop };
}

/** Waits for the server's own word, which names the address even when the port was left to it. */
function ready(child, ended, port) {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (chunk) => {
      said = (said + chunk).slice(-8000);
      const url = /ready at (http:\S+)/.exec(said)?.[1];
      if (url) resolve(url);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('error', reject);
    void ended.then(() => {
      const hint = /EADDRINUSE|in use/i.test(said)
        ? `\nAnother program has port ${port}: npm start -- --port 5001`
        : '';
      reject(new SetupError(`the server did not start:\n${said.trim()}${hint}`));
    });
  });
}

async function isTreadle(url) {
  try {
    const answer = await fetch(`${url}/openapi.json`, { signal: AbortSignal.timeout(2000) });
    return answer.ok && /treadle/i.test((await answer.json()).info?.title ?? '');
  } catch {
    return false; // nothing there, or something else: starting our own will say which
  }
}
