import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { BlobInput, BlobStore } from '../../platform/blobs/index.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import { collectOutputs } from './collect.ts';

const FILES = 300;

/** Reads each blob as the store does; `seen` hears what came, `before` runs when all outputs are found and none is open. */
function store(seen: (text: string) => void, before?: () => void): BlobStore {
  const putMany = async (inputs: AsyncIterable<BlobInput> | Iterable<BlobInput>) => {
    before?.();
    const infos = [];
    for await (const { bytes } of inputs) {
      const parts: Uint8Array[] = [];
      if (bytes instanceof Uint8Array) parts.push(bytes);
      else for await (const chunk of bytes) parts.push(chunk);
      const all = Buffer.concat(parts);
      seen(all.toString());
      infos.push({ hash: String(infos.length).padStart(64, '0'), size: all.length });
    }
    return infos;
  };
  return { putMany } as Pick<BlobStore, 'putMany'> as BlobStore;
}

void test('outputs are read one after the other: their number is not the number of open files', async (t) => {
  const { folder } = stepFolder(t);
  mkdirSync(path.join(folder, 'many'));
  for (let i = 0; i < FILES; i++) writeFileSync(path.join(folder, 'many', `${i}.txt`), `file ${i}`);
  let most = 0;
  const openIn = (): number => readdirSync('/proc/self/fd').length;
  const before = openIn();
  const { outputs } = await collectOutputs(
    store(() => (most = Math.max(most, openIn()))),
    folder,
    [{ name: 'many', path: 'many', folder: true }],
    undefined,
  );
  assert.equal(outputs[0]?.files, FILES);
  assert.ok(most - before < 50, `${most - before} files were open at once`);
});

/** Where a link to something of the host may stand, the output that would lead there, and what is said. */
const LINKS: ReadonlyArray<[string, (folder: string, host: string) => void, string, boolean, RegExp]> = [
  [
    'the output itself',
    (f, h) => symlinkSync(`${h}/key`, `${f}/out.txt`),
    'out.txt',
    false,
    /'out\.txt' is a link/,
  ],
  [
    'its folder',
    (f, h) => symlinkSync(h, `${f}/out`),
    'out/key',
    false,
    /folder 'out' of the output 'out\/key'/,
  ],
  [
    'a folder above its folder',
    (f, h) => symlinkSync(path.dirname(h), `${f}/out`),
    'out/host/key',
    false,
    /folder 'out' of the output/,
  ],
  ['the output folder', (f, h) => symlinkSync(h, `${f}/out`), 'out', true, /'out' is a link/],
  [
    'a file in it',
    (f, h) => (mkdirSync(`${f}/out`), symlinkSync(`${h}/key`, `${f}/out/key`)),
    'out',
    true,
    /'key' is a link/,
  ],
  [
    'a folder in it',
    (f, h) => (mkdirSync(`${f}/out`), symlinkSync(h, `${f}/out/sub`)),
    'out',
    true,
    /'sub' is a link/,
  ],
  ['nowhere', (f) => symlinkSync('nowhere', `${f}/out`), 'out/key', false, /folder 'out' of the output/],
];

void test('no link leads to an output, wherever it stands on the way', async (t) => {
  for (const [what, make, at, isFolder, said] of LINKS) {
    const { folder, host } = stepFolder(t);
    make(folder, host);
    const seen: string[] = [];
    await assert.rejects(
      collectOutputs(
        store((text) => seen.push(text)),
        folder,
        [{ name: 'o', path: at, folder: isFolder }],
        undefined,
      ),
      (error) => error instanceof TreadleError && error.code === 'output' && said.test(error.message),
      what,
    );
    assert.deepEqual(seen, [], what);
  }
});

void test('a link that is made between the look and the reading is not followed either', async (t) => {
  const swaps: ReadonlyArray<[string, boolean, (folder: string, host: string) => void]> = [
    ['out/key', false, (f, h) => (renameSync(`${f}/out`, `${f}/old`), symlinkSync(h, `${f}/out`))],
    ['out', true, (f, h) => (renameSync(`${f}/out`, `${f}/old`), symlinkSync(h, `${f}/out`))],
    ['out/key', false, (f, h) => (rmSync(`${f}/out/key`), symlinkSync(`${h}/key`, `${f}/out/key`))],
  ];
  for (const [at, isFolder, swap] of swaps) {
    const { folder, host } = stepFolder(t);
    mkdirSync(path.join(folder, 'out'));
    writeFileSync(path.join(folder, 'out', 'key'), 'its own');
    const seen: string[] = [];
    await assert.rejects(
      collectOutputs(
        store(
          (text) => seen.push(text),
          () => swap(folder, host),
        ),
        folder,
        [{ name: 'o', path: at, folder: isFolder }],
        undefined,
      ),
      /a link leads to the output 'out\/key'/,
    );
    assert.deepEqual(seen, []);
  }
});

void test('a log that a step replaced by a link is not taken', async (t) => {
  const { folder, host } = stepFolder(t);
  const log = path.join(path.dirname(folder), 'step.log');
  symlinkSync(path.join(host, 'key'), log);
  await assert.rejects(
    collectOutputs(
      store(() => undefined),
      folder,
      [],
      log,
    ),
    /a link leads to the output 'step\.log'/,
  );
});

/** A step's folder, and beside it what belongs to the host. */
function stepFolder(t: TestContext): { folder: string; host: string } {
  const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'collect-')));
  t.after(() => rmSync(top, { recursive: true, force: true }));
  const [folder, host] = [path.join(top, 'step'), path.join(top, 'host')];
  mkdirSync(folder);
  mkdirSync(host);
  writeFileSync(path.join(host, 'key'), 'secret of the host');
  return { folder, host };
}
