import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMask } from './mask.ts';

const SECRET = 'trd_Vq3-kZ0_w8yXhT5mJd2RbN7cLfAs9GeUiPo4KxMzYtE0123abcd';

function through(bytes: Buffer, sizes: readonly number[]): string {
  const mask = createMask();
  mask.hide(SECRET);
  const out: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    out.push(mask.next(bytes.subarray(at, at + size)));
    at += size;
  }
  out.push(mask.rest());
  return Buffer.concat(out).toString('utf8');
}

test('a secret is hidden wherever a stream is cut', () => {
  const text = Buffer.from(`größe trd_ ${SECRET}${SECRET} and\n${SECRET}\nt trd é`);
  const expected = 'größe trd_ [secret][secret] and\n[secret]\nt trd é';
  for (let first = 1; first < text.length; first++)
    assert.equal(through(text, [first, text.length]), expected, `cut at ${first}`);
  for (const size of [1, 2, 3, 7, 31]) assert.equal(through(text, [size]), expected, `pieces of ${size}`);
});

test('also in the spellings that programs print', () => {
  for (const before of ['', 'a', 'ab', 'user:', 'token '])
    for (const after of ['', '\n', 'zz'])
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        const shown = through(Buffer.from(Buffer.from(before + SECRET + after).toString(encoding)), [5]);
        assert.ok(shown.includes('[secret]'), `${encoding} ${before}`);
        // What is left are the neighbours, and not enough of the secret to tell it.
        assert.ok(shown.replace('[secret]', '').length <= 2 * (before.length + after.length) + 8, shown);
      }
  for (const quoted of [encodeURIComponent(SECRET), JSON.stringify(SECRET), SECRET.split('').join('')])
    assert.ok(!through(Buffer.from(quoted), [4]).includes(SECRET.slice(4, 20)));
});

test('a secret that is cut off at the end is hidden, and a word that only begins alike is not', () => {
  assert.equal(through(Buffer.from(`x ${SECRET.slice(0, 30)}`), [9]), 'x [secret]');
  assert.equal(through(Buffer.from('x trd'), [2]), 'x trd');
  const mask = createMask();
  assert.equal(mask.next(Buffer.from('nothing is secret yet')).toString(), 'nothing is secret yet');
  mask.hide(SECRET);
  assert.equal(mask.text(`said ${SECRET}`), 'said [secret]');
  assert.equal(mask.rest().length, 0);
});
