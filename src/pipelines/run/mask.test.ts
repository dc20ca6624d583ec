import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMask } from './mask.ts';

const SECRET = 'trd_Vq3-kZ0_w8yXhT5mJd2RbN7cLfAs9GeUiPo4KxMzYtE0123abcd';

function through(bytes: Buffer, sizes: readonly number[], secret = SECRET): string {
  const mask = createMask();
  mask.hide(secret);
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

const KEY = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\npäß"wörd\\% and more\nxy==\n-----END KEY-----';

test('one of several lines, with characters past ASCII, is hidden whole, line by line, and escaped', () => {
  const secrets = KEY.split('\n');
  const told: Array<[string, string]> = [
    [`a ${KEY} b`, 'a [secret] b'],
    [
      secrets.filter((line) => line.length >= 8).join('\n--\n'),
      '[secret]\n--\n[secret]\n--\n[secret]\n--\n[secret]',
    ],
    [JSON.stringify({ KEY }), '{"KEY":"[secret]"}'],
    [
      JSON.stringify(KEY).replaceAll('ä', '\\u00e4').replaceAll('ß', '\\u00df').replaceAll('ö', '\\u00f6'),
      '"[secret]"',
    ],
    [`'${KEY.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}'`, "'[secret]'"],
    [`key=${encodeURIComponent(KEY)}&x=1`, 'key=[secret]&x=1'],
    [Buffer.from(KEY).toString('hex'), '[secret]'],
    // What only begins as it does.
    [`${secrets[0]}\n${secrets[1]}\nno`, '[secret]\n[secret]\nno'],
  ];
  for (const [text, expected] of told)
    for (const size of [1, 2, 5, 17, 10_000])
      assert.equal(through(Buffer.from(text), [size], KEY), expected, `${text} in ${size}`);
  const mask = createMask();
  mask.hide(KEY);
  assert.equal(mask.text(`größe: ${KEY}`), 'größe: [secret]');
});

test('a secret as long as one may be, of many lines, holds nothing up', () => {
  const mask = createMask();
  const lines = Array.from({ length: 1_200 }, (_, i) => `line ${i} ${'abcdefghij'.slice(i % 7)}-${i * 7919}`);
  mask.hide(lines.join('\n').slice(0, 32_000));
  const log = Buffer.from('an ordinary line of a log: step 17 of 300, loss 0.25\n'.repeat(20_000));
  const began = performance.now();
  for (let at = 0; at < log.length; at += 65_536) mask.next(log.subarray(at, at + 65_536));
  assert.ok(performance.now() - began < 10_000, `1 MB took ${performance.now() - began} ms`);
});
