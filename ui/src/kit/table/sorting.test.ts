import assert from 'node:assert/strict';
import test from 'node:test';
import { inOrder, sortOf, sortText } from './sorting.ts';

test('an order goes into an address and comes back', () => {
  for (const text of ['when', '-when']) assert.equal(sortText(sortOf(text)), text);
  assert.equal(sortOf(''), undefined);
  assert.equal(sortText(undefined), undefined);
});

test('rows without a value come last whichever way, equal ones as they came, unknown columns change nothing', () => {
  const rows = [
    { id: 'a', n: 10 },
    { id: 'b', n: undefined },
    { id: 'c', n: 9 },
    { id: 'd', n: 10 },
  ];
  const columns = [
    { id: 'n', header: 'n', value: ({ n }: (typeof rows)[number]) => n },
    { id: 'drawn', header: 'drawn' },
  ];
  const order = (text?: string) =>
    inOrder(rows, columns, sortOf(text))
      .map(({ id }) => id)
      .join('');
  assert.equal(order('n'), 'cadb');
  assert.equal(order('-n'), 'adcb');
  for (const text of [undefined, 'drawn', 'nobody']) assert.equal(order(text), 'abcd');
});
