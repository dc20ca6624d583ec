import assert from 'node:assert/strict';
import test from 'node:test';
import { scoreRows } from './scored.suite.ts';

/** 1,200 answers of a binary model, right but for every tenth, and on route B for every second; outcomes became known backwards. */
const ROWS = `select 'p' || i as prediction, 0 as "row", ['A', 'B', 'C', 'D'][i % 4 + 1] as in_route, i::double as in_distance,
    case when wrong then 1 - y else y end * 0.8 + 0.1 as out_chance, y::double as number, y::varchar as label,
    timestamptz '2026-01-01' + interval (1200 - i) second as observed_at, observed_at as first_observed_at,
    timestamptz '2026-01-01' - interval 1 hour as time
  from (select i, (i // 4) % 2 as y, (i // 8) % (case when i % 4 = 1 then 2 else 10 end) = 0 as wrong from range(1200) t(i))`;

const score = (request: Parameters<typeof scoreRows>[1], sql = ROWS) => scoreRows(sql, request);

test('answers are scored, their losses told in the order in which outcomes came, and the slice that is worse is named', async () => {
  const { rows, labelled, delay, task, losses, slices, figures } = await score({ metric: 'accuracy' });
  assert.deepEqual([rows, labelled, task], [1200, 1200, 'binary']);
  assert.deepEqual([delay?.p50_ms, delay?.max_ms], [3_600_500 + 600_000, 3_600_000 + 1_200_000]);
  const [errors, squares] = losses;
  assert.deepEqual([errors?.loss, squares?.loss], ['error', 'brier']);
  const wrong = errors!.values.reduce((sum, one) => sum + one, 0);
  assert.equal(figures.find(({ name }) => name === 'accuracy')?.value, 1 - wrong / 1200);
  // Row 0, of route A, is wrong, and its outcome came last.
  assert.deepEqual([errors!.values.at(-1), squares!.values.at(-1)], [1, 0.81]);
  assert.deepEqual(
    slices
      .map(({ column, value, worse }) => [column, value, worse] as const)
      .toSorted(([, a], [, b]) => (String(a) < String(b) ? -1 : 1)),
    [
      ['in_route', 'A', false],
      ['in_route', 'B', true],
      ['in_route', 'C', false],
      ['in_route', 'D', false],
    ],
    'distances are too many values',
  );
  const worst = slices.find(({ worse }) => worse);
  assert.deepEqual([worst?.rows, worst?.figure?.name], [300, 'accuracy']);
  assert.ok(worst!.loss > 0.45 && worst!.others < 0.15);
});

test('slices are the columns that are named, where they are; none is worse where none is', async () => {
  const named = await score(
    { metric: 'auc', slices: ['in_gone', 'in_route'] },
    ROWS.replace('i % 4 = 1', 'false'),
  );
  assert.equal(named.slices.length, 4);
  assert.ok(named.slices.every(({ worse, figure }) => !worse && figure?.name === 'auc'));
  assert.deepEqual((await score({ slices: [] })).slices, []);
});

test('classes are scored by their names, and numbers by how far they are off', async () => {
  const words = await score({ task: 'classes', score: 'out_chance' });
  assert.deepEqual([words.task, words.losses.map(({ loss }) => loss)], ['classes', ['error']]);
  const numbers = await score({ task: 'regression' });
  assert.deepEqual([numbers.task, numbers.losses[0]?.loss], ['regression', 'absolute_error']);
  assert.equal(numbers.losses[0]?.values.at(-1), 0.9);
});
