// A real PostgreSQL for the time of a test run: own folder, free port on loopback, never as root, gone afterwards.
import { spawn, execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.mjs';

/** @param bin folder with `initdb` and `postgres`. @returns {Promise<{url: string, end: (signal: string) => Promise<void>, start: () => Promise<void>, stop: () => Promise<void>}>} */
export async function startPostgres(bin) {
  const base = mkdtempSync(join(tmpdir(), 'treadle-pg-'));
  const who = unprivileged();
  if (who) chownSync(base, who.uid, who.gid);
  const folder = join(base, 'data');
  const options = { ...who, cwd: base, env: { ...process.env, HOME: base, LC_ALL: 'C' } };
  execFileSync(
    join(bin, 'initdb'),
    ['-D', folder, '-U', 'treadle', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C'],
    {
      ...options,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: base,
    max_connections: 200,
    fsync: 'off',
    shared_buffers: '64MB',
  };
  const began = () => {
    const child = spawn(
      join(bin, 'postgres'),
      ['-D', folder, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
      {
        ...options,
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    const running = { child, said: '', ended: new Promise((resolve) => child.on('close', resolve)) };
    child.stderr.on('data', (chunk) => (running.said = (running.said + chunk).slice(-4000)));
    return running;
  };
  let running = began();
  const abandon = () => running.child.kill('SIGQUIT');
  process.on('exit', abandon);
  const stop = async () => {
    process.off('exit', abandon);
    abandon();
    // While it ends it still writes: a folder removed too early would come back half.
    await running.ended;
    rmSync(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  const ready = async () => {
    for (let tries = 0; tries < 4800; tries++) {
      if (running.child.exitCode !== null) return false;
      if (running.said.includes('ready to accept connections') && (await reachable(port))) return true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  };
  /** Ends it under its users: SIGINT as `pg_ctl stop -m fast`, SIGQUIT as a crash. `start` makes it come back. */
  const end = async (signal) => {
    running.child.kill(signal);
    await running.ended;
  };
  const start = async () => {
    running = began();
    if (!(await ready())) throw new Error(`PostgreSQL did not come back:\n${running.said}`);
  };
  if (await ready()) return { url: `postgres://treadle@127.0.0.1:${port}/postgres`, end, start, stop };
  await stop();
  throw new Error(`PostgreSQL did not start:\n${running.said}`);
}

/** PostgreSQL refuses to run as root: somebody else must own it then. */
function unprivileged() {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ['postgres', 'nobody']) {
    try {
      const id = (flag) => Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // no such user: try the next
    }
  }
  throw new Error('Running as root, and neither the user postgres nor nobody exists to run PostgreSQL as.');
}

const reachable = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
