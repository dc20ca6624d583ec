import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { field, parseSearch, searchOf, stringifySearch } from './url-state.ts';

test('an address is legible and comes back as it was', () => {
  const text = stringifySearch({
    filter: 'metrics.loss<0.5',
    cols: ['params.lr', 'metrics.val/loss'],
    diff: true,
    sort: undefined,
    off: false,
  });
  assert.equal(text, '?filter=metrics.loss<0.5&cols=params.lr&cols=metrics.val/loss&diff=1');
  assert.deepEqual(parseSearch(text), {
    filter: 'metrics.loss<0.5',
    cols: ['params.lr', 'metrics.val/loss'],
    diff: '1',
  });
  assert.equal(stringifySearch({}), '');
});

test('any words survive the round trip', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme' })), (search) => {
      assert.deepEqual({ ...parseSearch(stringifySearch(search)) }, { ...search });
    }),
  );
});

test('a field that makes no sense is as if it were not there', () => {
  const read = searchOf({
    smooth: field.number(0, 1),
    x: field.choice('step', 'time'),
    cols: field.list,
    diff: field.flag,
    q: field.text,
  });
  assert.deepEqual(read({ smooth: '0.6', x: 'time', cols: 'a', diff: '1', q: 'hi', other: 'z' }), {
    smooth: 0.6,
    x: 'time',
    cols: ['a'],
    diff: true,
    q: 'hi',
  });
  assert.deepEqual(read({ smooth: '2', x: 'banana', diff: 'yes', q: '' }), {});
  assert.deepEqual(read({ smooth: 0.5, diff: true, cols: ['a', 'b'] }), {
    smooth: 0.5,
    diff: true,
    cols: ['a', 'b'],
  });
});
