import assert from 'node:assert/strict';
import test from 'node:test';
import type { TreeEntry } from '../../../src/data/contract.ts';
import { treeRows, type Listed } from './tree-rows.ts';

const entry = (path: string, kind: TreeEntry['kind'] = 'file'): TreeEntry => ({
  path,
  kind,
  hash: '',
  size: 1,
  files: 1,
});
const folders: Record<string, Listed> = {
  '': { entries: [entry('b10.csv'), entry('b9.csv'), entry('img', 'directory')], more: false },
  img: { entries: [entry('img/2.png'), entry('img/cats', 'directory')], more: true },
};
const shown = (...open: string[]) =>
  treeRows((folder) => folders[folder], new Set(open)).map(
    ({ name, depth, note }) => `${'>'.repeat(depth)}${note ?? name}`,
  );

test('closed folders first, then files in the order people count', () => {
  assert.deepEqual(shown(), ['img', 'b9.csv', 'b10.csv']);
});

test('an open folder shows what is in it, and that there is more', () => {
  assert.deepEqual(shown('img'), ['img', '>cats', '>2.png', '>more', 'b9.csv', 'b10.csv']);
});

test('a folder still on its way says so; one below a closed folder is not seen', () => {
  assert.deepEqual(shown('img', 'img/cats'), [
    'img',
    '>cats',
    '>>loading',
    '>2.png',
    '>more',
    'b9.csv',
    'b10.csv',
  ]);
  assert.deepEqual(shown('img/cats'), ['img', 'b9.csv', 'b10.csv']);
});
