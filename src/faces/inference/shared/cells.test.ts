import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Json } from '../../../runtimes/index.ts';
import { asBytes, jsonOf } from './cells.ts';

test('cells are JSON as MLflow’s encoder writes it', () => {
  assert.deepEqual(
    ['ä"', null, new Json('[NaN, 1]'), new Uint8Array(0), Buffer.from('x'.repeat(58))].map(jsonOf),
    ['"ä\\""', 'null', '[NaN, 1]', '""', `"${'eHh4'.repeat(19)}\\neA==\\n"`],
  );
});

test('a tensor holds only text or only bytes, and else JSON that says so', () => {
  const text = ['a', ''];
  assert.equal(asBytes(text).cells, text);
  assert.equal(asBytes([Buffer.of(1)]).content, undefined);
  assert.deepEqual(
    asBytes(['NaN', null, Buffer.of(1), new Json('{"NaN": [NaN, -Infinity, "-Infinity \\" NaN"]}')]),
    {
      cells: ['"NaN"', 'null', '"AQ=="', '{"NaN": [null, null, "-Infinity \\" NaN"]}'],
      content: 'json',
    },
  );
});
