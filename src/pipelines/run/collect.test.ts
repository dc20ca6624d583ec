import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { BlobInput, BlobStore } from '../../platform/blobs/index.ts';
import { collectOutputs } from './collect.ts';

const FILES = 300;

void test('outputs are read one after the other: their number is not the number of open files', async (t) => {
  const folder = stepFolder(t);
  let most = 0;
  // Reads each blob as the store does, and counts the files of the step that are open meanwhile.
  const putMany = async (inputs: AsyncIterable<BlobInput> | Iterable<BlobInput>) => {
    const infos = [];
    for await (const { bytes } of inputs) {
      let size = 0;
      if (bytes instanceof Uint8Array) size = bytes.length;
      else for await (const chunk of bytes) size += chunk.length;
      most = Math.max(most, openIn());
      infos.push({ hash: String(infos.length).padStart(64, '0'), size });
    }
    return infos;
  };
  const before = openIn();
  const { outputs } = await collectOutputs(
    { putMany } as Pick<BlobStore, 'putMany'> as BlobStore,
    folder,
    [{ name: 'many', path: 'many', folder: true }],
    undefined,
  );
  assert.equal(outputs[0]?.files, FILES);
  assert.ok(most - before < 50, `${most - before} files were open at once`);
});

const openIn = (): number => readdirSync('/proc/self/fd').length;

function stepFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'collect-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, 'many'));
  for (let i = 0; i < FILES; i++) writeFileSync(path.join(folder, 'many', `${i}.txt`), `file ${i}`);
  return folder;
}
