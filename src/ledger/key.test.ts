import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import test from 'node:test';
import { keyOf } from './key.ts';
import { leafHash } from './merkle.ts';

const key = keyOf(generateKeyPairSync('ed25519').privateKey);
const root = leafHash(Buffer.from('x'));

test('a checkpoint opens to what was signed, with this key alone', () => {
  const checkpoint = key.sign(1_234_567, root);
  assert.deepEqual(key.open(checkpoint), { size: 1_234_567, root: root.toString('hex') });
  assert.match(
    checkpoint,
    /^treadle-ledger-[0-9a-f]{8}\n1234567\n[A-Za-z0-9+/]{43}=\n\n— treadle-ledger-[0-9a-f]{8} [A-Za-z0-9+/]{91}=\n$/,
  );
  assert.ok('fault' in keyOf(generateKeyPairSync('ed25519').privateKey).open(checkpoint));
});

test('no unit of a checkpoint can change, not even one whose bits base64 does not read', () => {
  const checkpoint = key.sign(7, root);
  for (let i = 0; i < checkpoint.length; i++) {
    for (const other of Array.from('ABDHPabfnv0189+/=-— \n')) {
      if (other === checkpoint[i]) continue;
      assert.ok(
        'fault' in key.open(checkpoint.slice(0, i) + other + checkpoint.slice(i + 1)),
        `unit ${i} as ${JSON.stringify(other)}`,
      );
    }
    assert.ok('fault' in key.open(checkpoint.slice(0, i) + checkpoint.slice(i + 1)), `unit ${i} left out`);
  }
  // The last group of the signature carries two spare bits: four texts, one meaning, one of them right.
  const last = checkpoint.length - 3;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const opens = Array.from(alphabet).filter(
    (unit) => !('fault' in key.open(checkpoint.slice(0, last) + unit + checkpoint.slice(last + 1))),
  );
  assert.deepEqual(opens, [checkpoint[last]]);
});
