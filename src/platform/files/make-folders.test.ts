import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { makeFolders } from './index.ts';

test('folders are made on the way, and the first that was made is told', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'treadle-test-folders-'));
  try {
    const deep = path.join(root, 'a', 'b', 'c');
    assert.equal(makeFolders(deep, 0o700), path.join(root, 'a'));
    for (const one of [deep, path.dirname(deep)]) assert.equal(statSync(one).mode & 0o777, 0o700);
    assert.equal(makeFolders(deep), undefined);
    assert.equal(makeFolders(path.join(deep, 'd', '..', 'e')), path.join(deep, 'e'));
    assert.equal(makeFolders('/'), undefined);
    writeFileSync(path.join(root, 'file'), '');
    assert.throws(() => makeFolders(path.join(root, 'file')), { code: 'EEXIST' });
    assert.throws(() => makeFolders(path.join(root, 'file', 'x', 'y')), { code: 'ENOTDIR' });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

const skip = process.platform === 'linux' ? false : 'only Linux has a /proc that says ENOENT of a new folder';
test('where the system takes no folder that says so and does not try for ever', { skip }, () => {
  for (const no of ['/proc/treadle', '/proc/treadle/x'])
    assert.throws(() => makeFolders(no), { code: 'ENOENT' });
});
