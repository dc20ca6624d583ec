import assert from 'node:assert/strict';
import test from 'node:test';
import type { SpanView } from '../../../src/traces/contract.ts';
import { formatCost, messagesIn, spanTree, typedValue, unfolded } from './span-tree.ts';

const span = (id: string, parent: string | undefined, start: number, end?: number): SpanView => ({
  id,
  name: id,
  status: 'ok',
  start: String(BigInt(start) * 1_000_000n),
  ...(parent === undefined ? {} : { parent }),
  ...(end === undefined ? {} : { end: String(BigInt(end) * 1_000_000n) }),
  attributes: {},
  events: [],
  links: [],
});

test('rows stand below their parents by their begin, with offsets from the first', () => {
  const { rows, total } = spanTree([
    span('a', undefined, 100, 200),
    span('c', 'a', 150, 160),
    span('b', 'a', 110, 190),
    span('d', 'b', 120),
    span('x', 'gone', 130, 140),
  ]);
  assert.deepEqual(
    rows.map(({ span: { id }, depth, below, offset, ms }) => [id, depth, below, offset, ms]),
    [
      ['a', 0, 3, 0, 100],
      ['b', 1, 1, 10, 80],
      ['d', 2, 0, 20, undefined],
      ['c', 1, 0, 50, 10],
      ['x', 0, 0, 30, 10],
    ],
  );
  assert.equal(total, 100);
  assert.deepEqual(
    unfolded(rows, new Set(['b'])).map(({ span: { id } }) => id),
    ['a', 'b', 'c', 'x'],
  );
});

test('circles and deep chains are drawn once each', () => {
  assert.deepEqual(
    spanTree([span('a', 'b', 0, 1), span('b', 'a', 0, 1), span('c', 'c', 0, 1)])
      .rows.map(({ span: { id } }) => id)
      .toSorted(),
    ['a', 'b', 'c'],
  );
  const chain = Array.from({ length: 20_000 }, (_, i) =>
    span(`s${i}`, i === 0 ? undefined : `s${i - 1}`, i, i + 1),
  );
  assert.equal(spanTree(chain).rows.at(-1)?.depth, 19_999);
});

test('chats, costs and typed values', () => {
  assert.deepEqual(messagesIn({ messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] }), [
    { role: 'user', content: 'hi' },
  ]);
  assert.deepEqual(messagesIn({ choices: [{ message: { role: 'assistant', content: 'ho' } }] }), [
    { role: 'assistant', content: 'ho' },
  ]);
  assert.equal(messagesIn({ q: 1 }), undefined);
  assert.equal(messagesIn([1]), undefined);
  assert.deepEqual([formatCost(0), formatCost(1.234), formatCost(0.000123)], ['$0.00', '$1.23', '$0.00012']);
  assert.deepEqual(['true', '0.5', 'yes', '{"a":1}', '1 of 2', '"x"'].map(typedValue), [
    true,
    0.5,
    'yes',
    { a: 1 },
    '1 of 2',
    'x',
  ]);
});
