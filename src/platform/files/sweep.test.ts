import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { turnsDuring } from '../../../test/turns.ts';
import { dropTemporary, makeTemporary, removeTree, sweepFolders } from './index.ts';

test('folders that nobody keeps and nobody used lately go, others stay', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'treadle-test-sweep-'));
  try {
    const old = new Date(Date.now() - 3_600_000);
    for (const name of ['old', 'kept', 'young']) {
      mkdirSync(path.join(root, name, 'deep'), { recursive: true });
      writeFileSync(path.join(root, name, 'deep', 'file'), Buffer.alloc(1000));
      if (name !== 'young') utimesSync(path.join(root, name), old, old);
    }
    const sweep = (dryRun: boolean) =>
      sweepFolders(root, (name) => name === 'kept', Date.now() - 60_000, dryRun);
    assert.deepEqual(await sweep(true), { folders: 1, bytes: 1000 });
    assert.deepEqual(readdirSync(root).toSorted(), ['kept', 'old', 'young']);
    assert.deepEqual(await sweep(false), { folders: 1, bytes: 1000 });
    assert.deepEqual(readdirSync(root).toSorted(), ['kept', 'young']);
    assert.deepEqual(await sweepFolders(path.join(root, 'nothing'), () => false, 0, false), {
      folders: 0,
      bytes: 0,
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test('what a killed process left among temporary files goes, and what a living one has stays', async () => {
  const mine = await makeTemporary('host');
  const script = `import { makeTemporary } from ${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))};
    process.stdout.write(await makeTemporary('host')); process.kill(process.pid, 'SIGKILL');`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  try {
    assert.ok(existsSync(stdout));
    assert.ok((await dropTemporary()) >= 1);
    assert.equal(existsSync(stdout), false);
    assert.ok(existsSync(mine));
  } finally {
    for (const folder of [mine, stdout]) if (folder !== '') rmSync(folder, { recursive: true, force: true });
  }
});

test('a folder of many files is removed with turns for everybody else, and nothing behind a link', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'treadle-test-remove-'));
  try {
    const [folder, outside] = [path.join(root, 'folder'), path.join(root, 'outside')];
    for (const at of ['deep/er', 'other']) mkdirSync(path.join(folder, at), { recursive: true });
    mkdirSync(outside);
    writeFileSync(path.join(outside, 'kept'), 'kept');
    symlinkSync(outside, path.join(folder, 'deep', 'link'));
    symlinkSync('nowhere', path.join(folder, 'broken'));
    for (let i = 0; i < 2000; i++) writeFileSync(path.join(folder, 'deep/er', `${i}`), '');
    const { turns } = await turnsDuring(() => removeTree(folder));
    assert.deepEqual(readdirSync(root), ['outside']);
    assert.equal(readFileSync(path.join(outside, 'kept'), 'utf8'), 'kept');
    // 64 of them at a time.
    assert.ok(turns > 2000 / 64, `${turns} turns`);
    await removeTree(folder);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
