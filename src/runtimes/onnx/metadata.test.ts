import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { linearOnnx } from '../../../test/onnx-model.ts';
import { readNote, withNote } from './metadata.ts';

test('a note is read from a file without its graph; a file without one, or of other bytes, has none', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'treadle-note-'));
  const file = path.join(folder, 'model.onnx');
  const written = async (bytes: Uint8Array): Promise<string | undefined> => {
    await writeFile(file, bytes);
    return readNote(file, 'ours');
  };
  try {
    const plain = linearOnnx([1, 2], 3);
    assert.equal(await written(plain), undefined);
    assert.equal(await written(withNote(plain, 'theirs', 'x')), undefined);
    const noted = withNote(plain, 'ours', 'ünd '.repeat(100));
    assert.equal(await written(noted), 'ünd '.repeat(100));
    assert.equal(await written(withNote(withNote(noted, 'theirs', 'y'), 'ours', 'last')), 'last');
    for (const bytes of ['', 'text that is no model', '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff'])
      assert.equal(await written(Buffer.from(bytes, 'latin1')), undefined, bytes);
    for (let cut = 0; cut < plain.length; cut++)
      assert.equal(await written(plain.subarray(0, cut)), undefined);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
