import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createProcesses } from '../platform/processes/index.ts';
import { createEnvironments } from './index.ts';
import { MARKER } from './layout.ts';

/** No packages: nothing is fetched. */
const SOURCE = { kind: 'requirements', text: '# none\n' } as const;

/** Makes the environment and ends itself, unasked, as the `at`-th step of the making begins; the last step opens it to others. */
const KILLED = `
  import { createProcesses } from ${JSON.stringify(path.join(import.meta.dirname, '../platform/processes/index.ts'))};
  import { createEnvironments } from ${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))};
  const [folder, at] = [process.argv[1], Number(process.argv[2])];
  const processes = createProcesses();
  let steps = 0;
  const step = (name, work) => (...given) => {
    console.log(name);
    if (++steps === at) process.kill(process.pid, 'SIGKILL');
    return work(...given);
  };
  const { start, letRead } = processes;
  await createEnvironments({
    folder,
    processes: { ...processes, start: step('start', start), letRead: step('open', letRead) },
  }).prepare(${JSON.stringify(SOURCE)}, () => undefined);
  await processes.close();
`;

test('an environment whose making was killed at any step is none, and is made anew', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-test-envs-'));
  const processes = createProcesses();
  try {
    const made = (): string[] => readdirSync(folder).filter((name) => /^[0-9a-f]{20}$/.test(name));
    const environments = createEnvironments({ folder, processes });
    for (let at = 2; ; at++) {
      rmSync(folder, { recursive: true, force: true });
      const argv = ['--input-type=module', '-e', KILLED, folder, String(at)];
      const { signal, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
      const steps = stdout.trim().split('\n');
      const name = made()[0];
      if (signal === null) {
        // Once it was opened to others there was nothing more to do.
        assert.ok(at > 2 && name !== undefined, stderr);
        assert.equal(steps.at(-1), 'open');
        assert.ok(await environments.stands(path.join(folder, name)));
        return;
      }
      assert.equal(signal, 'SIGKILL', stderr);
      if (name !== undefined) {
        assert.equal(existsSync(path.join(folder, name, MARKER)), false, `killed at step ${at}`);
        assert.equal(await environments.stands(path.join(folder, name)), false);
      }
      assert.equal(await environments.peek(SOURCE), undefined);
      const { folder: anew } = await environments.prepare(SOURCE, () => undefined);
      assert.ok(anew !== undefined && (await environments.stands(anew)));
      assert.deepEqual(made(), [path.basename(anew)]);
    }
  } finally {
    await processes.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('an environment whose interpreter cannot be started is made anew, and any other is left as it is', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-test-envs-'));
  const processes = createProcesses();
  try {
    const environments = createEnvironments({ folder, processes });
    const said: string[] = [];
    const prepare = async (): Promise<string> => {
      said.length = 0;
      const made = await environments.prepare(SOURCE, (text) => void said.push(text));
      return made.folder!;
    };
    const at = await prepare();
    assert.match(said[0] ?? '', /^making the Python environment with (uv|pip) /);
    const python = path.join(at, 'bin', 'python');
    const mine = path.join(at, 'mine');
    const replace = (link: string | undefined, mode = 0o644): void => {
      writeFileSync(mine, '');
      rmSync(python);
      if (link === undefined) {
        writeFileSync(python, '#!/bin/sh\nexit 3\n');
        chmodSync(python, mode);
      } else symlinkSync(link, python);
    };
    for (const break_ of [
      () => replace('/nowhere/python'), // the machine's Python went: 127
      () => replace(undefined), // a file that may not be run: 126
      () => writeFileSync(path.join(at, MARKER), ''), // a power cut
    ]) {
      break_();
      assert.equal(await environments.stands(at), false);
      assert.equal(await prepare(), at);
      assert.ok(said.some((text) => text.startsWith('the environment is ready')));
      assert.ok(await environments.stands(at));
      assert.equal(existsSync(mine), false);
    }
    // It starts, and ends as it likes: that is no reason to take minutes for another one.
    replace(undefined, 0o755);
    assert.equal(await prepare(), at);
    assert.deepEqual([said, existsSync(mine)], [[], true]);
  } finally {
    await processes.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
