import { spawn } from 'node:child_process';
import path from 'node:path';
import { freePort } from '../../free-port.ts';
import { until } from '../../until.ts';
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
  await until('mlflow models serve', async () => {
    const up = await fetch(`${url}/ping`).then(
      (response) => response.ok,
      () => false,
    );
    if (!up && child.exitCode !== null) throw new Error('mlflow models serve ended by itself');
    return up;
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { url, [Symbol.asyncDispose]: close };
}
