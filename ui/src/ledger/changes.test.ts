import assert from 'node:assert/strict';
import test from 'node:test';
import { changesBetween, shown } from './changes.ts';

test('added, removed, changed and same fields, deep', () => {
  assert.deepEqual(
    changesBetween({ a: 1, b: { c: [1, 2], gone: null } }, { b: { c: [1, 3], d: true }, a: 1 }),
    [
      { path: 'b.c', kind: 'changed', before: [1, 2], after: [1, 3] },
      { path: 'b.d', kind: 'added', after: true },
      { path: 'a', kind: 'same', before: 1, after: 1 },
      { path: 'b.gone', kind: 'removed', before: null },
    ],
  );
});

test('a thing made, a thing deleted, a bare value, lists of objects', () => {
  assert.deepEqual(changesBetween(undefined, { name: 'x' }), [{ path: 'name', kind: 'added', after: 'x' }]);
  assert.deepEqual(changesBetween({ name: 'x' }, undefined), [
    { path: 'name', kind: 'removed', before: 'x' },
  ]);
  assert.deepEqual(changesBetween({}, { name: 'x' }), [{ path: 'name', kind: 'added', after: 'x' }]);
  assert.deepEqual(changesBetween('v1', 'v2'), [{ path: '', kind: 'changed', before: 'v1', after: 'v2' }]);
  assert.deepEqual(
    changesBetween([{ a: 1 }], [{ a: 2 }, { a: 3 }]).map(({ path, kind }) => [path, kind]),
    [
      ['[0].a', 'changed'],
      ['[1].a', 'added'],
    ],
  );
});

test('cells', () => {
  assert.deepEqual([undefined, 'a', 1, null, ['x']].map(shown), ['', 'a', '1', 'null', '["x"]']);
});
