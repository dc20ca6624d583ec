import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../../../test/until.ts';
import { compiledFor, createProcesses, learnCompiled } from './index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'treadle-compiled-'));
const environment = path.join(folder, 'env');
const python = path.join(environment, 'bin', 'python');
const processes = createProcesses();
let tag = '';

before(async () => {
  mkdirSync(path.dirname(python), { recursive: true });
  const found = await processes.run({
    argv: ['python3', '-c', 'import sys; print(sys.executable, sys.implementation.cache_tag)'],
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '' },
  });
  const [executable, named] = found.stdout.trim().split(' ');
  tag = named!;
  symlinkSync(executable!, python);
  for (const name of ['one', 'two']) writeFileSync(path.join(environment, `${name}.py`), `X = '${name}'\n`);
});
after(async () => {
  await processes.close();
  rmSync(folder, { recursive: true });
});

/** A folder in which a process has left compiled modules; what is in them is anything but those modules. */
function left(name: string, ...sources: string[]): string {
  const from = path.join(folder, name);
  for (const source of sources) {
    const at = path.join(from, path.dirname(source), `${path.basename(source, '.py')}.${tag}.pyc`);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, 'forged');
  }
  return from;
}
const source = (name: string): string => path.join(environment, `${name}.py`);
const kept = (name: string): string => path.join(environment, '.pycache', environment, `${name}.${tag}.pyc`);
/** Again, where another is being learned from just now. */
const learn = (kind: string, from: string): Promise<string> =>
  until(`modules of ${kind}`, async () => {
    await learnCompiled(processes, python, kind, from);
    return compiledFor(environment, kind);
  });

test('what a first process compiled is compiled again, of its environment alone; each kind adds to it', async () => {
  assert.equal(compiledFor(environment, 'steps'), undefined);
  const foreign = path.join(folder, 'foreign.py');
  writeFileSync(foreign, 'X = 1\n');
  assert.equal(
    await learn('steps', left('first', source('one'), foreign)),
    path.join(environment, '.pycache'),
  );
  const made = readFileSync(kept('one'));
  assert.notEqual(made.toString('latin1'), 'forged');
  assert.equal(existsSync(path.join(environment, '.pycache', folder, `foreign.${tag}.pyc`)), false);

  assert.equal(compiledFor(environment, 'models'), undefined);
  await learn('models', left('second', source('one'), source('two')));
  assert.ok(existsSync(kept('two')));
  assert.deepEqual(readFileSync(kept('one')), made);
});

test('a folder that others could write is not believed, and made anew', async () => {
  chmodSync(path.join(environment, '.pycache'), 0o777);
  assert.equal(compiledFor(environment, 'steps'), undefined);
  await learn('steps', left('third', source('one')));
  assert.equal(existsSync(kept('two')), false);
});

test('nothing is learned of a process that compiled nothing', async () => {
  await learnCompiled(processes, python, 'idle', path.join(folder, 'nowhere'));
  assert.equal(compiledFor(environment, 'idle'), undefined);
});
