import assert from 'node:assert/strict';
import test from 'node:test';
import { ndcg } from './score-ranking.ts';
import { scoreRows as score } from './scored.suite.ts';

const rowsOf = (truth: string, answers: readonly string[], more = ''): string => `
  select 'p' || i as prediction, 0 as "row", ['A', 'B'][i % 2 + 1] as in_shop, ${answers.map((one, at) => `(${one})::double as "out_y[${at}]"`).join(', ')},
    ${truth}::varchar as label, null::double as number, timestamptz '2026-01-01' + interval (i) second as observed_at,
    observed_at as first_observed_at, timestamptz '2026-01-01' as time ${more} from range(600) t(i)`;

const near = (value: number | undefined, exact: number): void =>
  assert.ok(value !== undefined && Math.abs(value - exact) < 1e-9, `${value} is not ${exact}`);

const valueOf = (figures: ReadonlyArray<{ name: string; value: number }>, name: string): number | undefined =>
  figures.find((one) => one.name === name)?.value;

test('a forecast is scored as a whole and by horizon; what is not known yet is left out', async () => {
  const answers = ['i % 7 + i % 3 - 1', 'i % 5 + 2 * (i % 4 - 1.5)', 'i % 3 + 3 * (i % 5 - 2)'];
  const all = await score(rowsOf(`'[' || i % 7 || ', ' || i % 5 || ',' || i % 3 || ']'`, answers));
  assert.deepEqual([all.task, all.column, all.labelled, all.problem], ['forecast', 'out_y', 600, undefined]);
  // NumPy: the root of the mean of all squares, and column by column.
  near(valueOf(all.figures, 'rmse'), 2.8087165910587863);
  near(valueOf(all.figures, 'mae'), 2.088888888888889);
  assert.deepEqual(
    all.each.map(({ name }) => name),
    ['h=1', 'h=2', 'h=3'],
  );
  for (const [at, exact] of [0.816496580927726, 2.23606797749979, 4.242640687119285].entries())
    near(valueOf(all.each[at]!.figures, 'rmse'), exact);
  assert.deepEqual(
    all.losses.map(({ loss, values }) => [loss, values.length]),
    [['absolute_error', 600]],
  );
  assert.deepEqual(
    all.slices.map(({ value, figure }) => [value, figure?.name]),
    [
      ['A', 'rmse'],
      ['B', 'rmse'],
    ],
  );
  const first = await score(rowsOf(`[i % 7, null, null]`, answers));
  near(valueOf(first.figures, 'rmse'), 0.816496580927726);
  assert.deepEqual(first.each[1]!.figures, []);
});

test('several labels are scored together and one by one', async () => {
  const truth = '[i % 2 = 1, (i // 2) % 2 * (i % 3 = 0)::int = 1, i % 10 = 0]';
  const found = await score(rowsOf(truth, ['(i % 2 + (i % 7 = 0)::int) % 2', 'i % 3 = 0', 'i % 20 = 0']));
  assert.deepEqual([found.task, found.problem], ['multilabel', undefined]);
  // scikit-learn: f1_score by average, and the share of labels that are right.
  near(valueOf(found.figures, 'macro_f1'), 0.73);
  near(valueOf(found.figures, 'micro_f1'), 0.7818181818181819);
  near(valueOf(found.figures, 'accuracy'), 0.88);
  near(valueOf(found.each[0]!.figures, 'f1'), 257 / 300);
  assert.deepEqual(found.losses[0]?.loss, 'error');
  const wrong = await score(rowsOf('[i, 1, 0]', ['1', '1', '1']), { task: 'multilabel' });
  assert.match(wrong.problem ?? '', /lists of 0 and 1/);
  const other = await score(rowsOf('[1, 0]', ['1', '1', '1']));
  assert.match(other.problem ?? '', /no outcome is a list of 3 numbers/);
});

test('a ranking is scored list by list, a prediction each', async () => {
  const sql = `select 'p' || (i // 12) as prediction, i % 12 as "row", round(sin((i % 12) * (i // 12 + 1)), 1) as out_score,
      ((i % 12) * (i // 12 + 3)) % 4 as gain, gain::varchar as label, gain::double as number,
      timestamptz '2026-01-01' as observed_at, observed_at as first_observed_at, timestamptz '2026-01-01' as time
    from range(480) t(i)`;
  const found = await score(sql, { task: 'ranking' });
  assert.deepEqual([found.task, found.problem], ['ranking', undefined]);
  // scikit-learn: the mean of ndcg_score(k=10) of the lists that have a relevant row.
  near(valueOf(found.figures, 'ndcg@10'), 0.7330810962850429);
  assert.equal(found.losses[0]?.values.length, 30);
  assert.equal(
    ndcg([
      { gain: 0, score: 1 },
      { gain: 0, score: 2 },
    ]),
    undefined,
  );
  assert.equal(
    ndcg([
      { gain: 1, score: 2 },
      { gain: 0, score: 1 },
    ]),
    1,
  );
});
