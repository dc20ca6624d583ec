import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { python } from '../mlflow-servers.ts';

/** MLflow's own scoring server over a registered model: the peer that answers are compared with. */
export async function openScoring(
  tracking: string,
  model: string,
): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const port = await freePort();
  const args = ['-m', 'mlflow', 'models', 'serve', '-m', model, '--env-manager', 'local'];
  const child = spawn(python!, [...args, '--host', '127.0.0.1', '--port', String(port)], {
    detached: true,
    stdio: 'ignore',
    env: {
      ...process.env,
      PATH: `${path.dirname(python!)}:${process.env['PATH']}`,
      MLFLOW_TRACKING_URI: tracking,
      MLFLOW_DISABLE_TELEMETRY: 'true',
    },
  });
  const close = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-child.pid!, 'SIGKILL'); // its workers too
    await ended;
  };
  const url = `http://127.0.0.1:${port}`;
  for (let waited = 0; ; waited += 250) {
    const up = await fetch(`${url}/ping`).then(
      (response) => response.ok,
      () => false,
    );
    if (up) return { url, [Symbol.asyncDispose]: close };
    if (child.exitCode !== null || waited > 120_000) {
      await close();
      throw new Error('mlflow models serve did not start');
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
