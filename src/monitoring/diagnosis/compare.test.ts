import assert from 'node:assert/strict';
import test from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { compareAnswer } from './compare.ts';

/** Rows with outcomes: `x` spreads around a mean, `w` is a word, and the answer errs by chance. */
const rows = (mean: number, wrong: number, word: string): string => `
  select 'p' || i as prediction, epoch_ms(1000 * i)::timestamptz as time, i % 7 + ${mean} as "in_x",
    case when i % 11 = 0 then null when i % 3 = 0 then '${word}' else 'b' end as "in_w",
    case when i % 10 < ${wrong} then 1 - y else y end::double as "out_p", y::varchar as label, y::double as "number"
  from (select i, i % 2 as y from range(2000) t(i))`;

async function compare(task: 'binary' | 'regression' | 'classes' | undefined) {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    await connection.run(
      `set TimeZone='UTC'; create table before as ${rows(0, 1, 'a')}; create table now as ${rows(3, 3, 'z')}`,
    );
    return await compareAnswer.answer(
      connection,
      {
        views: [],
        now: 'now',
        before: 'before',
        columns: ['in_x', 'in_w', 'out_p', 'in_gone'],
        made: [],
        scored: task && { column: 'out_p', task },
      },
      () => Promise.resolve(),
    );
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

test('rows of now are compared with rows of before, for each kind of answer', async () => {
  for (const task of ['binary', 'regression', 'classes'] as const) {
    const { rows: read, parts, auc, columns, samples } = await compare(task);
    assert.deepEqual(read, { before: 2000, now: 2000 });
    assert.ok(parts, task);
    assert.ok(Math.abs(parts.before - 0.1) < 1e-9 && Math.abs(parts.now - 0.3) < 1e-9, JSON.stringify(parts));
    assert.ok(Math.abs(parts.mix + parts.labels + parts.concept - 0.2) < 1e-9);
    // Whether an answer errs has nothing to do with what was asked.
    assert.ok(parts.concept > 0.15, JSON.stringify(parts));
    assert.ok(auc !== undefined && auc > 0.75, String(auc));
    const moved = Object.fromEntries(columns.map((one) => [one.column, one.moved]));
    assert.ok(moved['in_x']! > 0.3 && moved['in_w']! > 0.2 && moved['in_gone'] === 0, JSON.stringify(moved));
    assert.equal(samples.length, 5);
    for (const { now, nearest, odds, distance } of samples) {
      assert.equal(now['in_w'], 'z');
      assert.ok(odds > 1 && distance > 0 && nearest['in_w'] !== 'z' && now['in_gone'] === null);
    }
  }
});

test('without an answer that is scored the loss is not told, and the rest is', async () => {
  const { parts, columns, samples } = await compare(undefined);
  assert.equal(parts, undefined);
  assert.ok(
    columns.every(({ loss_effect, score_effect }) => loss_effect === undefined && score_effect === undefined),
  );
  assert.equal(samples.length, 5);
});

test('what is made of texts is compared, the texts are told apart, and a list of numbers that nobody watches is not read', async () => {
  const table = (words: string): string => `
    select 'the room was ' || ['clean', 'small', '${words}'][i % 3 + 1] || ' ' || i as "in_note", [i, 2, 3] as "in_list",
      i % 5 as "in_x" from range(400) t(i)`;
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    await connection.run(
      `create table before as ${table('good')}; create table now as ${table('very very dirty')}`,
    );
    const { columns, samples, apart } = await compareAnswer.answer(
      connection,
      {
        views: [],
        now: 'now',
        before: 'before',
        columns: ['in_x', 'in_list'],
        made: [
          { column: 'in_note', recipe: { kind: 'text', vocabulary: '' } },
          { column: 'in_gone', recipe: { kind: 'text', vocabulary: '' } },
        ],
      },
      () => Promise.resolve(),
    );
    const moved = Object.fromEntries(columns.map((one) => [one.column, one.moved]));
    assert.ok(moved['in_note · characters']! > 0.3, JSON.stringify(moved));
    assert.deepEqual([moved['in_note'], moved['in_list'], moved['in_gone · words']], [0, 0, 0]);
    assert.match(String(samples[0]?.now['in_note']), /very very dirty/);
    assert.deepEqual(
      apart.map(({ column, words }) => [column, words?.now.includes('dirty')]),
      [['in_note', true]],
    );
  } finally {
    connection.closeSync();
    database.closeSync();
  }
});
