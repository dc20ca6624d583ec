import assert from 'node:assert/strict';
import test from 'node:test';
import { buildTree, treeRows } from './file-tree.ts';

const files = [
  'b10.csv',
  'b9.csv',
  'img/cats/1.png',
  'img/cats/2.png',
  'img/dogs/1.png',
  'deep/er/still/x',
].map((path, i) => ({ path, size: 10 ** i }));

test('closed: folders first with what they hold, then files in the order people count', () => {
  const rows = treeRows(buildTree(files), () => false);
  assert.deepEqual(
    rows.map(({ path, name, files: count, size }) => [path, name, count, size]),
    [
      ['deep/er/still/', 'deep/er/still', 1, 100_000],
      ['img/', 'img', 3, 11_100],
      ['b9.csv', 'b9.csv', 1, 10],
      ['b10.csv', 'b10.csv', 1, 1],
    ],
  );
});

test('open folders show what is in them, one step further in', () => {
  const rows = treeRows(buildTree(files), (path) => path === 'img/' || path === 'img/cats/');
  assert.deepEqual(
    rows.map(({ name, depth }) => `${'>'.repeat(depth)}${name}`),
    ['deep/er/still', 'img', '>cats', '>>1.png', '>>2.png', '>dogs', 'b9.csv', 'b10.csv'],
  );
});

test('a folder and a file of nearly the same name stay apart', () => {
  const rows = treeRows(
    buildTree([
      { path: 'a', size: 1 },
      { path: 'a /b', size: 2 },
    ]),
    () => true,
  );
  assert.deepEqual(
    rows.map(({ path }) => path),
    ['a /', 'a /b', 'a'],
  );
});
