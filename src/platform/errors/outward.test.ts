import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { outwardMessageOf, withoutPlaces } from './outward.ts';

test('of files of the machine a message keeps the name alone', () => {
  const file = path.join(tmpdir(), 'treadle', 'blobs', 'gone.bin');
  let thrown: unknown;
  try {
    readFileSync(file);
  } catch (error) {
    thrown = error;
  }
  assert.equal(outwardMessageOf(thrown), "ENOENT: no such file or directory, open '…/gone.bin'");
  // Wherever it lies, Node's error says which file it is about.
  const elsewhere = Object.assign(new Error("EACCES: permission denied, rename '/a b/c' -> '/d/e f'"), {
    path: '/a b/c',
    dest: '/d/e f',
  });
  assert.equal(outwardMessageOf(elsewhere), "EACCES: permission denied, rename '…/c' -> '…/e f'");
  assert.equal(
    withoutPlaces(
      `File "/usr/lib/python3.11/site-packages/x.py", line 3, in f (${process.cwd()}/src/a.ts:1:2)`,
    ),
    'File "…/x.py", line 3, in f (…/a.ts:1:2)',
  );
});

test('addresses, paths of the API and words with a slash stay as they are', () => {
  for (const text of [
    'POST /api/v1/endpoints/NAME/revisions',
    'see http://127.0.0.1:5000/var/x and s3://bucket/home/y',
    'runs:/abc/model and/or n/a, a/tmp/b',
    '/v2/models/m/infer',
  ])
    assert.equal(withoutPlaces(text), text);
});
