import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../../../test/property.ts';
import { TreadleError } from '../../../platform/errors/index.ts';
import { nestedDeeper, parseJson } from './json.ts';

const parse = (text: string, wide = false): unknown => parseJson(Buffer.from(text), wide);

test('JSON is read as JSON.parse reads it, by either parser', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      const plain: unknown = JSON.parse(text);
      assert.deepEqual(parse(text), plain);
      fc.pre(!/\d{16}/.test(text)); // what the other parser reads exactly
      // A number past 2^53 in front makes the other parser read all of it.
      assert.deepEqual(parse(`[90071992547409931, ${text}]`, true), [90071992547409931n, plain]);
    }),
  );
});

test('Python’s words for numbers are numbers', () => {
  assert.deepEqual(parse('[NaN, Infinity, -Infinity, {"a": NaN}]'), [NaN, Infinity, -Infinity, { a: NaN }]);
  assert.equal(parse('"NaN"'), 'NaN');
  assert.deepEqual(parse('{"NaN": 1}'), { NaN: 1 });
});

test('integers that a double would round are exact where they are asked for', () => {
  assert.deepEqual(parse('[9007199254740993, -9223372036854775808, 1]', true), [
    9007199254740993n,
    -9223372036854775808n,
    1,
  ]);
  assert.deepEqual(parse('[0.1234567890123456789]', true), [Number('0.1234567890123456789')]);
  assert.deepEqual(parse('["1234567890123456789"]', true), ['1234567890123456789']);
});

test('what is no JSON is refused, also beside NaN; __proto__ is a key like any other', () => {
  for (const text of [
    '',
    ' ',
    '{',
    '[1,]',
    '[1 2]',
    '{"a" 1}',
    '{a: 1}',
    "['a']",
    '[NaN',
    '[NaN,]',
    '[NaN] x',
    '[NaNx]',
    '[-NaN]',
    '["\\x", NaN]',
    '[01, NaN]',
    '{"a": NaN,}',
    '["a',
    '["a\\"',
  ])
    assert.throws(() => parse(text), TreadleError, text);
  const read = parse('{"__proto__": {"a": NaN}}');
  assert.deepEqual(Object.keys(read as object), ['__proto__']);
  assert.equal(Object.getPrototypeOf(read), Object.prototype);
  assert.throws(() => parseJson(Buffer.from([0x22, 0xff, 0x22])), /UTF-8/);
});

test('depth is bounded', () => {
  const deep = (levels: number): string => '['.repeat(levels) + 'NaN' + ']'.repeat(levels);
  assert.doesNotThrow(() => parse(deep(90)));
  assert.throws(() => parse(deep(50_000)), /nested/);
  assert.equal(nestedDeeper(JSON.parse('['.repeat(50_000) + ']'.repeat(50_000))), true);
  assert.equal(nestedDeeper({ a: [1, { b: 2 }] }), false);
});
