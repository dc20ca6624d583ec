import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { createHash } from 'node:crypto';
import type { BlobInput, BlobStore } from '../../platform/blobs/index.ts';
import { collectOutputs } from './collect.ts';
import { createHub } from './hub.ts';
import { MAX_LOG, openLog, readLogFile, wholeText } from './log-file.ts';
import { inside } from './place.ts';
import { createSlots, PASSES } from './local/slots.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'treadle-run-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const never = new AbortController().signal;

test('slots never give more than there is; small ones pass, a cancelled one leaves the queue', async () => {
  const slots = createSlots({ cpu: 2, memory: 100, gpu: 0 });
  const one = await slots.take({ cpu: 1, memory: 60, gpu: 0 }, never);
  const events: string[] = [];
  const large = slots
    .take({ cpu: 2, memory: 10, gpu: 0 }, never)
    .then((free) => (events.push('large'), free));
  const heavy = new AbortController();
  const gone = slots.take({ cpu: 1, memory: 60, gpu: 0 }, heavy.signal);
  const small = await slots.take({ cpu: 1, memory: 40, gpu: 0 }, never);
  heavy.abort(new Error('cancelled'));
  await assert.rejects(gone, /cancelled/);
  assert.deepEqual(events, []);
  one();
  one(); // given back twice counts once
  await Promise.resolve();
  assert.deepEqual(events, []);
  small();
  (await large)();
  assert.deepEqual(events, ['large']);
  await slots.take({ cpu: 2, memory: 100, gpu: 0 }, never);
});

test('a large step is not starved: what is free is kept for it once enough small ones have passed', async () => {
  const slots = createSlots({ cpu: 4, memory: 100, gpu: 0 });
  const small = { cpu: 1, memory: 0, gpu: 0 };
  const held: Array<() => void> = [];
  for (let i = 0; i < 4; i++) held.push(await slots.take(small, never));
  let large = false;
  const got = slots.take({ cpu: 4, memory: 0, gpu: 0 }, never).then((free) => ((large = true), free));
  // Small ones without end: one is asked for whenever one is given back.
  let passed = 0;
  const waiting: Array<Promise<void>> = [];
  while (!large && passed < 10 * PASSES) {
    waiting.push(slots.take(small, never).then((free) => void (passed++, held.push(free))));
    held.shift()?.();
    await new Promise(setImmediate);
  }
  assert.ok(large, `${passed} have passed`);
  assert.equal(passed, PASSES);
  (await got)();
  await Promise.all(waiting);
});

test('what runs already is held, also where it is more than there is, and counts until it is given back', async () => {
  const slots = createSlots({ cpu: 2, memory: 100, gpu: 0 });
  const [one, two] = [slots.hold({ cpu: 2, memory: 90, gpu: 0 }), slots.hold({ cpu: 2, memory: 90, gpu: 0 })];
  let got = false;
  const next = slots.take({ cpu: 1, memory: 1, gpu: 0 }, never).then(() => (got = true));
  one();
  await new Promise(setImmediate);
  assert.equal(got, false);
  two();
  await next;
});

test('a log is read while it is written, cut at its limit, and never splits a character', () => {
  const log = openLog(path.join(folder, 'log'));
  log.write(Buffer.from('grün'));
  assert.equal(readLogFile(log.path, 0, 100)?.bytes.toString(), 'grün');
  for (let cut = 0; cut <= 5; cut++) {
    const { text, used } = wholeText(Buffer.from('grün').subarray(0, cut), false);
    assert.ok(!text.includes('\uFFFD'));
    assert.equal(Buffer.byteLength(text), used);
  }
  const emoji = Buffer.from('a🦀');
  assert.deepEqual(wholeText(emoji.subarray(0, 4), false), { text: 'a', used: 1 });
  assert.deepEqual(wholeText(emoji, false), { text: 'a🦀', used: 5 });
  log.write(Buffer.alloc(MAX_LOG));
  log.write(Buffer.from('more'));
  assert.ok(log.size > MAX_LOG && log.size < MAX_LOG + 200);
  log.close();
  assert.equal(readLogFile(path.join(folder, 'none'), 0, 10), undefined);
});

/** Keeps nothing but hashes: enough to see what would be stored. */
const blobs = {
  async putMany(sources: Iterable<BlobInput>) {
    const infos = [];
    for (const { bytes } of sources) {
      const chunks: Uint8Array[] = [];
      if (bytes instanceof Uint8Array) chunks.push(bytes);
      else for await (const chunk of bytes) chunks.push(chunk);
      const all = Buffer.concat(chunks);
      infos.push({ hash: createHash('sha256').update(all).digest('hex'), size: all.length });
    }
    return infos;
  },
} as unknown as BlobStore;

test('outputs are plain files and folders; anything else is a fault of the step that says what to do', async () => {
  const root = path.join(folder, 'outputs');
  mkdirSync(path.join(root, 'model', 'deep'), { recursive: true });
  writeFileSync(path.join(root, 'model', 'b'), 'b');
  writeFileSync(path.join(root, 'model', 'deep', 'a'), 'aa');
  writeFileSync(path.join(root, 'file'), 'f');
  mkdirSync(path.join(root, 'empty'));
  symlinkSync('/etc/passwd', path.join(root, 'link'));
  const take = (name: string, isFolder = false) =>
    collectOutputs(blobs, root, [{ name, path: name, folder: isFolder }], undefined);
  const { outputs } = await take('model', true);
  assert.deepEqual(
    outputs.map(({ kind, size, files }) => [kind, size, files]),
    [['folder', 3, 2]],
  );
  assert.equal((await take('file')).outputs[0]?.kind, 'file');
  assert.equal(
    (await take('model')).outputs[0]?.kind,
    'folder',
    'a folder may stand where no slash was written',
  );
  for (const [name, isFolder, message] of [
    ['none', false, /did not write 'none'/],
    ['file', true, /says that it is a folder/],
    ['empty', true, /left the folder 'empty' empty/],
    ['link', false, /neither a file nor a folder/],
  ] as const) {
    await assert.rejects(take(name, isFolder), message);
  }
  symlinkSync('/etc/passwd', path.join(root, 'model', 'link'));
  await assert.rejects(take('model', true), /links are not followed|neither a file nor a folder/);
});

test('no name leads out of a folder', () => {
  assert.equal(inside('/work/x', 'a/b'), '/work/x/a/b');
  for (const name of ['..', '../y', 'a/../../y', '../xx', '.', ''])
    assert.throws(() => inside('/work/x', name), /leads out/);
});

test('watchers who are as far as each other share a look until the next change', async () => {
  const hub = createHub();
  let looks = 0;
  const look = (what: string) => hub.look('a', what, () => Promise.resolve(++looks));
  await Promise.all([look('rows'), look('rows')]);
  assert.equal(looks, 2, 'nobody watches: nothing is held');
  const watching = hub.watching('a');
  assert.deepEqual(await Promise.all([look('rows'), look('rows'), look('log 0')]), [3, 3, 4]);
  hub.changed('b');
  assert.equal(await look('rows'), 3);
  hub.changed('a');
  assert.equal(await look('rows'), 5);
  watching[Symbol.dispose]();
  assert.equal(await look('rows'), 6, 'nothing is held once the last one left');
});

test('who waits is woken once, and by nobody else', async () => {
  const hub = createHub();
  let woken = 0;
  const wait = hub.next('a', 60_000, never).then(() => woken++);
  hub.changed('b');
  await Promise.resolve();
  assert.equal(woken, 0);
  hub.changed('a');
  hub.changed('a');
  await wait;
  assert.equal(woken, 1);
  const aborter = new AbortController();
  const stopped = hub.next('a', 60_000, aborter.signal);
  aborter.abort();
  await stopped;
});
