import assert from 'node:assert/strict';
import test from 'node:test';
import { numberText, signed, signedRows, stringify } from './index.ts';

test('the sign of zero survives, and nothing else is touched', () => {
  const row = [1, 'a', null, [0.5], { x: 0 }];
  assert.equal(signedRows([row])[0], row, 'a row without one is the same object');
  const value = { a: -0, b: [0, [-0, 1]], c: { d: -0, e: '-0' }, f: null };
  const text = '{"a":-0.0,"b":[0,[-0.0,1]],"c":{"d":-0.0,"e":"-0"},"f":null}';
  assert.equal(JSON.stringify(signed(value)), text);
  assert.equal(stringify(value), text);
  assert.equal(JSON.stringify(signedRows([[1, -0]])), '[[1,-0.0]]');
  assert.ok(Object.is((JSON.parse(text) as { a: number }).a, -0));
  assert.deepEqual([-0, 0, 1.5, NaN].map(numberText), ['-0.0', '0', '1.5', 'NaN']);
});
