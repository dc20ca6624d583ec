import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import test from 'node:test';
import { checkSignature, readNote } from './note.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const root = Buffer.alloc(32, 7);
const text = `treadle/x\n42\n${root.toString('base64')}\n`;
const signature = Buffer.concat([Buffer.of(1, 2, 3, 4), sign(null, Buffer.from(text), privateKey)]).toString(
  'base64',
);
const note = `${text}\n— treadle/x ${signature}\n`;

test('a note says its log, size and root, and its signature holds', async () => {
  const read = readNote(note)!;
  assert.deepEqual([read.origin, read.size, read.root], ['treadle/x', 42, root.toString('hex')]);
  assert.equal(await checkSignature(read, pem), true);
});

test('another size, another key or no signature does not hold', async () => {
  assert.equal(await checkSignature(readNote(note.replace('42', '43'))!, pem), false);
  const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
  assert.equal(await checkSignature(readNote(note)!, other), false);
  assert.equal(await checkSignature(readNote(`${text}\n`)!, pem), false);
  assert.equal(await checkSignature(readNote(note)!, 'no key'), false);
});

test('what is no note is refused', () => {
  for (const bad of ['', 'x', 'a\nb\nc\n\n', `a\n1\n${Buffer.alloc(5).toString('base64')}\n\n— a b\n`])
    assert.equal(readNote(bad), undefined);
});
