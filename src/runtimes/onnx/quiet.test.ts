import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { linearOnnx } from '../../../test/onnx-model.ts';

const module = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);

/** Ways in which a process of ours comes to ONNX Runtime. */
const WAYS = {
  'in the thread': (file: string) =>
    `import { openSession } from ${module('./session.ts')}; openSession(${file}, 1).close();`,
  'in a worker thread': (file: string) =>
    `import { Worker } from 'node:worker_threads'; import ${module('./worker-host.ts')};
     new Worker('import(' + ${JSON.stringify(module('./session.ts'))} + ').then(({ openSession }) => openSession(' + ${JSON.stringify(file)} + ', 1).close())', { eval: true });`,
};

for (const [way, program] of Object.entries(WAYS))
  test(`ONNX Runtime keeps no id of the machine and writes no log: ${way}`, (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'treadle-quiet-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [home, model] = [path.join(folder, 'home'), path.join(folder, 'model.onnx')];
    writeFileSync(model, linearOnnx([1, 2], 0));
    // On a CI it would be quiet by itself: so nothing of this process's environment is handed on.
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program(JSON.stringify(model))],
      { env: { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: home }, encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      readdirSync(folder).toSorted(),
      ['model.onnx'],
      'nothing is made in the home folder or among the temporary files',
    );
  });
