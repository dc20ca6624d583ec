import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort } from '../../free-port.ts';

const treadle = path.join(import.meta.dirname, '..', '..', '..', 'bin', 'treadle');

const DIES_AT = pathToFileURL(path.join(import.meta.dirname, 'dies-at.mjs')).href;

/** When a server dies: at this moment of its work (dies-at.mjs), or so long after it was started; both may come before it is ready. */
export type Death = { moment: number } | { ms: number };

/** A server in a process of its own, to be killed and started again on the same port and data folder. */
export class ServerProcess {
  readonly url: string;
  readonly #port: number;
  readonly #data: string;
  readonly #env: Record<string, string>;
  #child: ChildProcess | undefined;
  /** What the server wrote to its log; printed when a check fails. */
  log = '';

  private constructor(port: number, data: string, env: Record<string, string>) {
    this.#port = port;
    this.#data = data;
    this.#env = env;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async on(data: string, env: Record<string, string> = {}): Promise<ServerProcess> {
    return new ServerProcess(await freePort(), data, env);
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the server does not run');
    return this.#child.pid;
  }

  async start(death?: Death): Promise<void> {
    if (!this.dead) throw new Error('the server runs already');
    const args = ['server', '--port', String(this.#port), '--data', this.#data, '--log', 'error'];
    const child = spawn(treadle, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        ...this.#env,
        ...(death !== undefined && 'moment' in death
          ? { TREADLE_TEST_DIES_AT: String(death.moment), NODE_OPTIONS: `--import ${DIES_AT}` }
          : {}),
      },
    });
    if (death !== undefined && 'ms' in death) {
      const timer = setTimeout(() => child.kill('SIGKILL'), death.ms);
      child.on('exit', () => clearTimeout(timer));
    }
    child.stderr
      .setEncoding('utf8')
      .on(
        'data',
        (text: string) =>
          void (this.log = (this.log + text.replace(/^Treadle is ready.*\n/gm, '')).slice(-20_000)),
      );
    this.#child = child;
    for (;;) {
      if (death !== undefined && child.signalCode === 'SIGKILL') return;
      if (child.exitCode !== null) throw new Error(`the server ended by itself:\n${this.log}`);
      const ready = await fetch(`${this.url}/health`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
      await sleep(10);
    }
  }

  get dead(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** No warning, no clean-up: as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || this.dead) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || this.dead) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
