import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lockInTurn } from '../platform/db/index.ts';
import { unavailable } from '../platform/errors/index.ts';
import { canonical } from '../platform/json/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import { identify, type EnvironmentIdentity } from './identity.ts';
import { MARKER, SHIM } from './layout.ts';
import { lockDigest, type EnvironmentSource } from './lock.ts';
import { makeEnvironment } from './make-environment.ts';
import { binOf, fingerprint, probe, type Observed } from './probe.ts';
import { interpreterLook, starts } from './starts.ts';

/** An environment that processes can run in. */
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
   * Makes it where it is not there yet, or anew where it does not stand any more; `say` hears what is going on. Goes on when the caller loses interest: others may wait
   * for the same one, and the next execution will want it.
   */
  prepare(source: EnvironmentSource, say: (text: string) => void): Promise<Environment>;
  /** It, if it is there; makes nothing. */
  peek(source: EnvironmentSource): Promise<Environment | undefined>;
  /** Whether what was made at this root can be used: it is whole, others may read it, and its interpreter starts. */
  stands(at: string): Promise<boolean>;
}

export function createEnvironments({
  processes,
  folder,
}: {
  processes: Processes;
  folder: string;
}): Environments {
  const making = new Map<string, Promise<Environment>>();
  /** By root: how the interpreter looked that was seen to start. Starting it for each execution would be a wait for each of them. */
  const stood = new Map<string, string>();
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
    const observed = await readMarker(at);
    return (
      observed && {
        identity: identify(kind, lock, observed),
        observed,
        bin: [path.join(at, 'bin')],
        folder: at,
      }
    );
  }

  async function stands(at: string): Promise<boolean> {
    if ((await readMarker(at)) === undefined) return false;
    const look = await interpreterLook(at);
    if (look !== undefined && look === stood.get(at)) return true;
    await processes.letRead(at); // a version before this one did so after the marker
    const good = await starts(processes, at);
    if (good && look !== undefined) stood.set(at, look);
    else stood.delete(at);
    return good;
  }

  /** Commands that serve packages share a folder: of two that want the same environment one makes it, and the other finds it. */
  async function makeAlone(
    at: string,
    kind: EnvironmentIdentity['kind'],
    lock: string,
    make: () => Promise<void>,
  ): Promise<Environment> {
    await mkdir(folder, { recursive: true }); // open to other users, as the lock alone would not make it
    const release = await lockInTurn(`${at}.lock`);
    try {
      if (!(await stands(at))) await make();
      const made = await load(at, kind, lock);
      if (!made) throw new Error(`the environment in ${at} was made but cannot be read`);
      return made;
    } finally {
      release();
    }
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
    stands,
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
      if (there && (await stands(at))) return there;
      if (there) say('the environment that is there does not start any more; it is made anew');
      let work = making.get(id);
      if (work) say('another execution is making this environment; waiting for it');
      else {
        work = makeAlone(at, source.kind, lock, () => makeEnvironment(processes, source, at, base, say));
        making.set(id, work);
        void work.catch(() => undefined).finally(() => making.delete(id));
      }
      return work;
    },
  };
}

/** What was observed in it; undefined where it is not whole. A power cut may leave a marker without its text. */
async function readMarker(at: string): Promise<Observed | undefined> {
  try {
    return JSON.parse(await readFile(path.join(at, MARKER), 'utf8')) as Observed; // written by us, last of all
  } catch {
    return undefined;
  }
}
