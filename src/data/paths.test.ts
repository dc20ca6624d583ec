import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../test/property.ts';
import { canonicalPath, comparePaths, quoted } from './paths.ts';

test('takes spaces, Unicode and odd but harmless names, in their composed form', () => {
  for (const path of [
    'a b/c  d.csv',
    'données/été.csv',
    '数据/😀.bin',
    '...',
    '..a',
    'a..',
    '.hidden',
    "it's;$(x)`&|<>*?.csv",
    'a'.repeat(255),
    '%2e%2e/x',
  ]) {
    assert.equal(canonicalPath(path), path.normalize('NFC'));
  }
  assert.equal(canonicalPath('e\u0301.csv'), '\u00e9.csv');
});

const REFUSED: ReadonlyArray<[string, RegExp]> = [
  ['..', /'\.\.'/],
  ['../x', /'\.\.'/],
  ['a/../../x', /'\.\.'/],
  ['a/./x', /'\.'/],
  ['/etc/passwd', /absolute/],
  ['a//b', /empty part/],
  ['a/', /empty part/],
  ['a\\..\\b', /backslash/],
  ['line\nbreak.csv', /line break/],
  ['carriage\rreturn', /line break/],
  ['nul\0', /control/],
  ['tab\there', /control/],
  ['\u202egpj.exe', /direction/],
  ['zero\ufeffwidth', /control|direction/],
  ['lone \ud800 surrogate', /valid Unicode/],
  ['not utf8 \ufffd', /valid Unicode/],
  [`d/${'x'.repeat(256)}`, /longer than 255 bytes/],
  ['é'.repeat(150), /longer than 255 bytes/],
  [Array.from({ length: 60 }, () => 'x'.repeat(100)).join('/'), /longer than 4096 bytes/],
];

for (const [path, why] of REFUSED) {
  test(`refuses ${quoted(path).slice(0, 60)} by name`, () => {
    assert.throws(
      () => canonicalPath(path),
      (error: Error & { kind?: string; hint?: string }) => {
        assert.equal(error.kind, 'invalid');
        assert.match(error.message, why);
        assert.ok(error.message.includes(quoted(path)), 'the message names the file');
        assert.ok(!/[\n\r\0]/.test(error.message), 'and stays on one line');
        assert.ok(error.hint);
        return true;
      },
    );
  });
}

test('whatever is taken stays inside its folder, and is its own canonical form', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (path) => {
      let taken: string;
      try {
        taken = canonicalPath(path);
      } catch {
        return;
      }
      assert.equal(canonicalPath(taken), taken);
      assert.ok(!taken.split('/').some((part) => part === '' || part === '.' || part === '..'));
    }),
    { numRuns: 2000 },
  );
});

test('sorts as the bytes of UTF-8 do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const [x, y] = [Buffer.from(a), Buffer.from(b)];
      assert.equal(Math.sign(comparePaths(a, b)), Math.sign(Buffer.compare(x, y)));
    }),
    { numRuns: 2000 },
  );
});
