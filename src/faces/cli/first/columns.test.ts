import assert from 'node:assert/strict';
import test from 'node:test';
import type { ColumnProfile } from '../../../data/contract.ts';
import { chooseColumns, type Named } from './columns.ts';

const ROWS = 1000;
const column = (name: string, type: string, distinct: number, nulls = 0): ColumnProfile => ({
  name,
  type,
  distinct,
  nulls,
});
const TABLE = [
  column('customer_id', 'BIGINT', ROWS),
  column('plan', 'VARCHAR', 3),
  column('tenure', 'BIGINT', 73, 20),
  column('price', 'DOUBLE', 900),
  column('exact', 'DECIMAL(9,2)', 800),
  column('note', 'VARCHAR', 940),
  column('signed', 'DATE', 300),
  column('source', 'VARCHAR', 1),
  column('sometimes', 'VARCHAR', 1, 500),
  column('empty', 'VARCHAR', 0, ROWS),
  column('stars', 'BIGINT', 5),
  column('churned', 'VARCHAR', 2),
];
const choose = (label: string, more: Partial<Named> = {}) =>
  chooseColumns(TABLE, ROWS, { label, key: [], group: [], ...more });

test('numbers and words are learnt from; what tells nothing, or too much, is left out with its reason', () => {
  const { task, numbers, words, out } = choose('churned');
  assert.equal(task, 'binary');
  assert.deepEqual(numbers, ['tenure', 'price', 'exact', 'stars']);
  assert.deepEqual(words, ['plan', 'sometimes']);
  assert.deepEqual(
    out.map(({ name, why }) => `${name}: ${why.slice(0, 20)}`),
    [
      'customer_id: it numbers the rows',
      'note: nearly every row has',
      'signed: it is a time: make n',
      'source: it has the same valu',
      'empty: it is empty',
    ],
  );
});

test('rows that are counted, lists, and numbers that floats cannot tell apart are no features', () => {
  const made = chooseColumns(
    [
      { ...column('column0', 'BIGINT', 5_000_000), min: '0', max: '4999999', distinct_error: 90_000 },
      { ...column('PassengerId', 'BIGINT', 5_000_000), min: '5', max: '9999999' },
      { ...column('amount', 'BIGINT', 5_000_000), min: '5', max: '9999999' },
      { ...column('account', 'BIGINT', 6), min: '1', max: '12345678901234567' },
      column('words', 'VARCHAR[]', 4),
      column('churned', 'VARCHAR', 2),
    ],
    5_000_000,
    { label: 'churned', key: [], group: [] },
  );
  assert.deepEqual([made.numbers, made.words, made.texts], [['amount'], [], ['churned']]);
});

test('what says which row, whose or when is no feature', () => {
  const { numbers, words } = choose('churned', { key: ['price'], group: ['plan'], time: 'tenure' });
  assert.deepEqual([numbers, words], [['exact', 'stars'], ['sometimes']]);
});

test('the label says what is learnt', () => {
  assert.equal(choose('stars').task, 'multiclass');
  assert.equal(choose('price').task, 'regression');
  assert.equal(choose('tenure').task, 'regression');
  assert.equal(choose('plan').task, 'multiclass');
});

test('what cannot be learnt is refused, and says what to do', () => {
  for (const [label, more, message] of [
    ['churnd', {}, /no column 'churnd'/],
    ['source', {}, /same value in every row/],
    ['empty', {}, /has no value/],
    ['signed', {}, /holds times/],
    ['note', {}, /940 different texts/],
    ['churned', { time: 'when' }, /no column 'when'/],
    ['churned', { key: ['churned'] }, /cannot be the label and say which row/],
  ] as const)
    assert.throws(() => choose(label, more), message);
  assert.throws(
    () => chooseColumns(TABLE.slice(-1), ROWS, { label: 'churned', key: [], group: [] }),
    /no column is left to learn from/,
  );
});
