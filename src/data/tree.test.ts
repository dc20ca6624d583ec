import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../test/property.ts';
import { blake3 } from '../platform/blobs/index.ts';
import { buildTree, parseDirectory, type BuiltTree, type TreeFile } from './tree.ts';

const file = (path: string, content = path): TreeFile => ({
  path,
  hash: blake3(content),
  size: content.length,
});
const built = (files: readonly TreeFile[]): BuiltTree => {
  const tree = buildTree(files);
  assert.ok(!('clash' in tree), 'no clash');
  return tree;
};

function read(tree: BuiltTree, hash = tree.hash, prefix = ''): TreeFile[] {
  const directory = parseDirectory(tree.objects.get(hash)!);
  if (directory.parts) return directory.parts.flatMap((part) => read(tree, part.hash, prefix));
  return directory.entries.flatMap((entry) =>
    entry.kind === 'directory'
      ? read(tree, entry.hash, `${prefix}${entry.name}/`)
      : [
          {
            path: prefix + entry.name,
            hash: entry.hash,
            size: entry.size,
            ...(entry.executable ? { executable: true } : {}),
          },
        ],
  );
}

test('one tree has one hash, in whatever order it is told', () => {
  const files = ['b', 'a/x', 'a/y', 'a.b', 'ä', '😀', '\uffee'].map((path) => file(path));
  const tree = built(files);
  assert.equal(tree.hash, built(files.toReversed()).hash);
  assert.equal(tree.files, files.length);
  assert.equal(
    tree.bytes,
    files.reduce((sum, { size }) => sum + size, 0),
  );
  // The format is for ever: another hash here would orphan every version that exists.
  assert.equal(
    built([file('a/b c.csv', 'x'), file('z', 'y')]).hash,
    '564026d068f92ed8ea0fd2d72cc53dd6e019fd8794b0e676479548f7321b575a',
  );
});

test('content, name, place and the executable bit each make another hash', () => {
  const hashes = [
    [file('a')],
    [file('b', 'a')],
    [file('a', 'b')],
    [file('d/a', 'a')],
    [{ ...file('a'), executable: true }],
    [file('a'), file('b')],
  ].map((files) => built(files).hash);
  assert.equal(new Set(hashes).size, hashes.length);
});

test('a file that is also a directory is named', () => {
  assert.deepEqual(buildTree([file('x/y'), file('x/y/z')]), { clash: 'x/y' });
});

test('versions share directories that did not change', () => {
  const files = Array.from({ length: 3000 }, (_, i) => file(`d${i % 30}/f${i}`));
  const before = built(files);
  const after = built(files.map((one, i) => (i === 77 ? file(one.path, 'changed') : one)));
  const fresh = [...after.objects.keys()].filter((hash) => !before.objects.has(hash));
  assert.equal(fresh.length, 2, 'the root and one directory');
});

test('a large directory is cut so that a change rewrites little', () => {
  const files = Array.from({ length: 20_000 }, (_, i) => file(`f${i}`));
  const before = built(files);
  const whole = [...before.objects.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  for (const changed of [
    files.with(12_345, file('f12345', 'new')),
    files.toSpliced(500, 1),
    [...files, file('g')],
  ]) {
    const after = built(changed);
    const fresh = [...after.objects]
      .filter(([hash]) => !before.objects.has(hash))
      .reduce((sum, [, bytes]) => sum + bytes.length, 0);
    assert.ok(fresh < whole / 5, `${fresh} of ${whole} bytes are new`);
    assert.equal(read(after).length, changed.length);
  }
});

test('what was built is read back, for any tree', () => {
  const name = fc.stringMatching(/^[a-zäß😀 ._-]{1,8}$/u).filter((text) => text !== '.' && text !== '..');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 40 }), fc.array(fc.boolean()), (paths, bits) => {
      const files = paths.map((one, i) => ({
        ...file(one),
        ...(bits[i] === true ? { executable: true } : {}),
      }));
      const tree = buildTree(files);
      if ('clash' in tree) return;
      const by = (a: TreeFile, b: TreeFile): number => (a.path < b.path ? -1 : 1);
      assert.deepEqual(read(tree).toSorted(by), files.toSorted(by));
      for (const [hash, bytes] of tree.objects) assert.equal(blake3(bytes), hash);
    }),
  );
});

test('only directory objects are read as directories', () => {
  const good = built([file('a')])
    .objects.values()
    .next().value!;
  assert.equal(parseDirectory(good).entries?.length, 1);
  const hash = blake3('x');
  for (const bad of [
    '',
    'x',
    'treadle-tree 1',
    `treadle-tree 1\nf ${hash} 1 1 ..\n`,
    `treadle-tree 1\nf ${hash} 1 1 a/b\n`,
    'treadle-tree 1\nf abc 1 1 a\n',
    good.toString().slice(0, -3),
  ]) {
    assert.throws(() => parseDirectory(Buffer.from(bad)), /director|line/);
  }
});
