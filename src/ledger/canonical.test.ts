import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../test/property.ts';
import { canonical } from './canonical.ts';

test('the example of RFC 8785 §3.2.2 comes out as §3.2.3 has it', () => {
  const value: unknown = JSON.parse(
    String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
  );
  assert.equal(
    canonical(value),
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test('keys are sorted by UTF-16 units, as RFC 8785 §3.2.3 asks', () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
  const text = canonical(Object.fromEntries(keys.map((key) => [key, 0])));
  assert.deepEqual(
    Object.keys(JSON.parse(text) as object).filter((key) => key !== '1'),
    ['\r', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'],
  );
});

test('one value has one text, whatever the order it was built in, and reads back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonical(value);
      const back: unknown = JSON.parse(text);
      assert.equal(canonical(back), text);
      assert.equal(canonical(shuffled(value)), text);
    }),
  );
});

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, shuffled(item)]),
  );
}

test('what JSON cannot hold is refused by the name of its field', () => {
  for (const [bad, field] of [
    [{ a: [1, Number.NaN] }, 'after.a[1]'],
    [{ a: '\ud800' }, 'after.a'],
    [{ a: { b: 1n } }, 'after.a.b'],
    [new Map(), 'after'],
  ] as const) {
    assert.throws(() => canonical(bad, 'after'), { field, kind: 'invalid' });
  }
  assert.equal(canonical({ a: undefined, b: 1 }), '{"b":1}');
});
