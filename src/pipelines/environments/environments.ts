import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { invalid, unavailable } from '../../platform/errors/index.ts';
import { sweepFolders, type Swept } from '../../platform/files/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import { canonical, type EnvironmentIdentity } from '../plan/parts.ts';
import { isPinned, lockDigest, type EnvironmentSource } from './lock.ts';
import { binOf, fingerprint, identify, probe, type Observed } from './probe.ts';

/** An environment that steps can run in. */
export interface Environment {
  identity: EnvironmentIdentity;
  observed: Observed | undefined;
  /** Folders that go to the front of PATH. */
  bin: string[];
  /** Root of the virtual environment, where it is one. */
  folder: string | undefined;
}

export interface Environments {
  /**
   * Makes it where it is not there yet; `say` hears what is going on. Goes on when the caller loses interest: others may wait
   * for the same one, and the next execution will want it.
   */
  prepare(source: EnvironmentSource, say: (text: string) => void): Promise<Environment>;
  /** It, if it is there; makes nothing. */
  peek(source: EnvironmentSource): Promise<Environment | undefined>;
}

const MARKER = 'treadle-environment.json';
/** Made of what the machine has; there is one. */
const SHIM = 'system-bin';
/** What pip and uv may need of the server's environment: where they keep things and how they reach the network. */
const PASSED =
  /^(PATH|HOME|LANG|TMPDIR|XDG_.*|UV_.*|PIP_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|(https?|no|all)_proxy)$/i;

export function createEnvironments({
  processes,
  folder,
}: {
  processes: Processes;
  folder: string;
}): Environments {
  const making = new Map<string, Promise<Environment>>();
  let system: { observed: Observed | undefined; fingerprint: string } | undefined;

  async function findSystem(): Promise<Observed | undefined> {
    if (
      system &&
      (system.observed === undefined || (await fingerprint(system.observed.folders)) === system.fingerprint)
    )
      return system.observed;
    const observed = (await probe(processes, 'python3')) ?? (await probe(processes, 'python'));
    system = { observed, fingerprint: await fingerprint(observed?.folders ?? []) };
    return observed;
  }

  async function place(
    source: Exclude<EnvironmentSource, { kind: 'system' }>,
  ): Promise<{ id: string; at: string; base: Observed; lock: string }> {
    const system = await findSystem();
    const wanted = source.kind === 'requirements' ? source.python : undefined;
    const other =
      wanted !== undefined && !system?.interpreter.includes(` ${wanted}.`)
        ? await probe(processes, `python${wanted}`)
        : undefined;
    const base = other ?? system;
    if (!base)
      throw unavailable('there is no Python on this machine to make an environment with', {
        field: 'env',
        hint: 'install python3, or write env: system',
      });
    const lock = lockDigest(source);
    const id = createHash('sha256')
      .update(canonical({ kind: source.kind, lock, interpreter: base.interpreter, platform: base.platform }))
      .digest('hex')
      .slice(0, 20);
    return { id, at: path.join(folder, id), base, lock };
  }

  async function load(
    at: string,
    kind: EnvironmentIdentity['kind'],
    lock: string,
  ): Promise<Environment | undefined> {
    const text = await readFile(path.join(at, MARKER), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const observed = JSON.parse(text) as Observed; // written by us, last of all
    return { identity: identify(kind, lock, observed), observed, bin: [path.join(at, 'bin')], folder: at };
  }

  const systemEnvironment = async (): Promise<Environment> => {
    const observed = await findSystem();
    return {
      identity: identify('system', '', observed),
      observed,
      bin: observed ? await systemBin(observed) : [],
      folder: undefined,
    };
  };

  /** Machines that have python3 alone get a `python` too, as every virtual environment has it. */
  async function systemBin(observed: Observed): Promise<string[]> {
    const own = binOf(observed);
    if (existsSync(path.join(own, 'python'))) return [own];
    const shim = path.join(folder, SHIM);
    await mkdir(shim, { recursive: true });
    const temporary = path.join(shim, `.python-${process.pid}`);
    await writeFile(temporary, `#!/bin/sh\nexec '${observed.executable.replaceAll("'", `'\\''`)}' "$@"\n`, {
      mode: 0o755,
    });
    await rename(temporary, path.join(shim, 'python'));
    return [shim, own];
  }

  return {
    async peek(source) {
      if (source.kind === 'system') return systemEnvironment();
      const { at, lock } = await place(source);
      return load(at, source.kind, lock);
    },
    async prepare(source, say) {
      if (source.kind === 'system') return systemEnvironment();
      const { id, at, base, lock } = await place(source);
      // Its date says that it is in use: gc removes those that nobody has used in a long time.
      await utimes(at, new Date(), new Date()).catch(() => undefined);
      const there = await load(at, source.kind, lock);
      if (there) {
        await processes.letRead(at);
        return there;
      }
      let work = making.get(id);
      if (work) say('another execution is making this environment; waiting for it');
      else {
        work = make(processes, source, at, base, say).then(async () => {
          await processes.letRead(at);
          const made = await load(at, source.kind, lock);
          if (!made) throw new Error(`the environment in ${at} was made but cannot be read`);
          return made;
        });
        making.set(id, work);
        void work.catch(() => undefined).finally(() => making.delete(id));
      }
      return work;
    },
  };
}

/** Virtual environments hold their own path, so it is made where it stays; the marker, written last, says that it is whole. */
async function make(
  processes: Processes,
  source: Exclude<EnvironmentSource, { kind: 'system' }>,
  at: string,
  base: Observed,
  say: (text: string) => void,
): Promise<void> {
  await rm(at, { recursive: true, force: true });
  await mkdir(path.dirname(at), { recursive: true });
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => PASSED.test(entry[0]) && entry[1] !== undefined,
    ),
  );
  const run = async (
    argv: [string, ...string[]],
    extra: Record<string, string> = {},
    heard: (text: string) => void = say,
  ): Promise<{ ok: boolean; text: string }> => {
    const lines: string[] = [];
    let rest = ''; // output comes in pieces that end anywhere
    const ended = await processes.start({
      argv,
      cwd: path.dirname(at),
      env: { ...env, UV_PYTHON_DOWNLOADS: 'never', ...extra },
      merge: true,
      timeout: 30 * 60_000,
      onOutput(chunk) {
        const text = chunk.toString();
        lines.push(text);
        const whole = (rest + text).split('\n');
        rest = whole.pop() ?? '';
        if (whole.length > 0) heard(whole.join('\n'));
      },
    }).ended;
    if (rest.trim() !== '') heard(rest);
    return { ok: ended.reason === 'ok', text: `${lines.join('').slice(-4000).trim()}\n${ended.message}` };
  };
  /** A try that may fail, since another way follows: nobody needs to read why. */
  const attempt = async (argv: [string, ...string[]], extra?: Record<string, string>): Promise<boolean> =>
    (await run(argv, extra, () => undefined)).ok;
  const must = async (argv: [string, ...string[]], extra?: Record<string, string>): Promise<void> => {
    const { ok, text } = await run(argv, extra);
    if (!ok)
      throw invalid(`the environment could not be made: ${lastLines(text)}`, {
        field: 'env',
        hint: 'the log of the execution holds everything that was said',
      });
  };
  const uv = findUv();
  const python = path.join(at, 'bin', 'python');
  say(`making the Python environment with ${uv ? 'uv' : 'pip'} (${base.interpreter})`);
  const began = Date.now();
  if (source.kind === 'uv') {
    if (!uv)
      throw unavailable('uv.lock needs uv, and there is none on this machine', {
        field: 'env',
        hint: 'install it (pip install uv), or export the lock: uv export -o requirements.txt',
      });
    const project = `${at}.project`;
    await mkdir(project, { recursive: true });
    await writeFile(path.join(project, 'uv.lock'), source.text);
    await writeFile(path.join(project, 'pyproject.toml'), source.project);
    const sync: [string, ...string[]] = [
      uv,
      'sync',
      '--frozen',
      '--no-install-project',
      '--python',
      base.executable,
      '--project',
      project,
    ];
    const place = { UV_PROJECT_ENVIRONMENT: at };
    if (!(await attempt([...sync, '--offline', '--quiet'], place))) await must(sync, place);
    await rm(project, { recursive: true, force: true });
  } else {
    const folder = `${at}.source`;
    const file = path.join(folder, 'requirements.txt'); // the name that messages will say
    await mkdir(folder, { recursive: true });
    await writeFile(file, source.text);
    if (uv) {
      await must([uv, 'venv', '--quiet', '--clear', '--python', base.executable, at]);
      const install: [string, ...string[]] = [uv, 'pip', 'install', '--python', python, '-r', file];
      // Exact versions that were fetched before need no network, and with none there is no wait for it to fail.
      if (!isPinned(source.text) || !(await attempt([...install, '--offline', '--quiet'])))
        await must(install);
    } else {
      await must([base.executable, '-m', 'venv', at]);
      await must([python, '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-r', file]);
    }
    await rm(folder, { recursive: true, force: true });
  }
  const observed = await probe(processes, python);
  if (!observed)
    throw unavailable('the environment was made, but its interpreter does not run', { field: 'env' });
  await writeFile(`${path.join(at, MARKER)}.new`, JSON.stringify(observed));
  await rename(`${path.join(at, MARKER)}.new`, path.join(at, MARKER));
  const count = Object.keys(observed.packages).length;
  const took = ((Date.now() - began) / 1000).toFixed(1);
  say(`the environment is ready: ${count} package${count === 1 ? '' : 's'} in ${took} s`);
}

const lastLines = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-6)
    .join(' / ')
    .slice(0, 1500);

/** uv from PATH, or the one that the set-up of a checkout has put beside this code. */
export function findUv(): string | undefined {
  const onPath = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((one) => one !== '')
    .map((one) => path.join(one, 'uv'));
  const beside: string[] = [];
  for (let at = import.meta.dirname; path.dirname(at) !== at; at = path.dirname(at))
    beside.push(path.join(at, '.setup', 'uv', 'bin', 'uv'), path.join(at, '.venv', 'bin', 'uv'));
  return [...onPath, ...beside].find((file) => existsSync(file));
}

/** Removes environments that nobody keeps and nobody has used since a moment. They are made again when they are wanted. */
export const sweepEnvironments = (
  folder: string,
  keeps: (name: string) => boolean,
  before: number,
  dryRun: boolean,
): Promise<Swept> => sweepFolders(folder, (name) => name === SHIM || keeps(name), before, dryRun);
