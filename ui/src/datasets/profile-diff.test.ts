import assert from 'node:assert/strict';
import test from 'node:test';
import type { ColumnProfile, TableProfile } from '../../../src/data/contract.ts';
import { diffProfiles } from './profile-diff.ts';

const table = (path: string, columns: ColumnProfile[], rows = 10): TableProfile => ({
  path,
  hash: path,
  size: 1,
  format: 'csv',
  state: 'ok',
  rows,
  columns,
});
const column = (name: string, more: Partial<ColumnProfile> = {}): ColumnProfile => ({
  name,
  type: 'BIGINT',
  nulls: 0,
  distinct: 3,
  ...more,
});

test('columns: added, removed, changed type, other nulls, moved distribution; the strongest first', () => {
  const histogram = { edges: [0, 1, 2], counts: [5, 5] };
  const [diff] = diffProfiles(
    [
      table('a', [
        column('same'),
        column('gone'),
        column('typed'),
        column('moved', { histogram, min: '0', max: '2' }),
      ]),
    ],
    [
      table('a', [
        column('same'),
        column('new'),
        column('typed', { type: 'VARCHAR' }),
        column('moved', { histogram: { edges: [0, 1, 2], counts: [10, 0] }, min: '0', max: '2', nulls: 5 }),
      ]),
    ],
  );
  assert.deepEqual(
    diff!.columns.map(({ name, status, notes }) => [name, status, notes]),
    [
      ['new', 'added', ['new, BIGINT']],
      ['gone', 'removed', ['gone, was BIGINT']],
      ['typed', 'changed', ['BIGINT became VARCHAR']],
      ['moved', 'changed', ['nulls 0 % → 50 %']],
      ['same', 'same', []],
    ],
  );
  assert.ok(Math.abs(diff!.columns[3]!.distance! - 0.5) < 1e-9);
});

test('tables: by path; one gone and one new are one that was renamed', () => {
  const status = (a: string[], b: string[]) =>
    diffProfiles(
      a.map((path) => table(path, [])),
      b.map((path) => table(path, [])),
    ).map((diff) => [diff.path, diff.status]);
  assert.deepEqual(status(['x', 'jan'], ['x', 'feb']), [
    ['x', 'both'],
    ['feb', 'both'],
  ]);
  assert.deepEqual(status(['x'], ['x', 'y', 'z']), [
    ['x', 'both'],
    ['y', 'added'],
    ['z', 'added'],
  ]);
  assert.deepEqual(status(['x', 'y'], ['x']), [
    ['x', 'both'],
    ['y', 'removed'],
  ]);
});
