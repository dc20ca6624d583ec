import assert from 'node:assert/strict';
import test from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { anchorCategories, anchorNumeric } from '../statistics/anchor.ts';
import { count } from '../statistics/histogram.ts';
import { anchorAnswer, countAnswer, probeAnswer } from './read-columns.ts';

const quiet = () => Promise.resolve();

async function withTable<T>(sql: string, ask: (connection: Connection) => Promise<T>): Promise<T> {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    await connection.run(`set TimeZone='UTC'; create table log as ${sql}`);
    return await ask(connection);
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}
type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>;

test('columns are counted in one pass as they are one by one, and what cannot be read is of its column alone', async () => {
  const n = 5000;
  const numbers = Array.from({ length: n }, (_one, i) =>
    i % 97 === 0 ? NaN : i % 501 === 0 ? Infinity : Math.sin(i) * (i % 13),
  );
  const words = Array.from({ length: n }, (_one, i) => (i % 50 === 0 ? null : ['a', "b'c", 'new'][i % 3]!));
  const number = anchorNumeric(numbers.slice(0, 1000));
  const category = anchorCategories(['a', "b'c", 'd']);
  const whole = anchorNumeric([1, 2, 3, 4]);
  const sql = `select case when i % 97 = 0 then (case when i % 2 = 0 then null else 'nan'::double end)
      when i % 501 = 0 then 'inf'::double else sin(i) * (i % 13) end as x,
      case when i % 50 = 0 then null else ['a', 'b''c', 'new'][i % 3 + 1] end as w,
      (i % 5)::smallint as k, case when i % 4 = 0 then 'x' else (i % 3)::varchar end as t, [i] as list
    from range(${n}) t(i)`;
  const found = await withTable(sql, (connection) =>
    countAnswer.answer(
      connection,
      {
        views: [],
        view: 'log',
        columns: [
          { column: 'x', anchor: number },
          { column: 'w', anchor: category },
          { column: 'k', anchor: whole },
          { column: 't', anchor: whole },
          { column: 'list', anchor: whole },
          { column: 'gone', anchor: category },
        ],
      },
      quiet,
    ),
  );
  const of = (column: string) => found.counted.find((one) => one.column === column);
  assert.deepEqual(of('x')?.histogram, count(number, numbers));
  assert.deepEqual(of('w')?.histogram, count(category, words));
  assert.deepEqual(
    of('k')?.histogram,
    count(
      whole,
      Array.from({ length: n }, (_one, i) => i % 5),
    ),
  );
  assert.equal(of('t')?.misfits, n / 4);
  assert.deepEqual(
    found.unread.map(({ column }) => column),
    ['gone'],
  );
  assert.equal(of('list')?.misfits, n);
  const ends = numbers.slice(0, 1000).filter(Number.isFinite);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  assert.equal(
    of('x')?.outside,
    numbers.filter((one) => Number.isFinite(one) && (one < low || one > high)).length,
  );
  assert.equal(of('k')?.outside, n / 5, 'zero lies below one');
  assert.equal(found.rows, n);
});

test('a reference with a time is cut into windows, the newest of them; of two times the one that is named', async () => {
  const sql = `select timestamp '2026-01-01' + interval (i // 10) day as day, timestamp '2020-01-01' as made,
      (i // 10) % 7 as weekday, i::double as x
    from range(900) t(i)`;
  const asked = {
    views: [],
    view: 'log',
    columns: [{ column: 'in_w', from: 'weekday' }],
    window: 86_400_000,
  };
  const [named, unnamed] = await withTable(sql, async (connection) => [
    await anchorAnswer.answer(connection, { ...asked, time: 'day' }, quiet),
    await anchorAnswer.answer(connection, asked, quiet),
  ]);
  const windows = named!.watched[0]?.windows ?? [];
  assert.equal(windows.length, 64);
  assert.ok(
    windows.every((counts) => Math.max(...counts) === 10),
    'a day is of one weekday',
  );
  assert.equal(unnamed!.watched[0]?.windows, undefined);
});

test('a column of one value and one in another unit are told, and one that is as it was is not', async () => {
  const sql = `select 7 as k, 'a' as w, exp(5 + (i * 7919 % 1000) / 400.0) * case when i % 4 = 0 then 1.609344 else 1 end as mixed,
      exp(5 + (i * 7919 % 1000) / 400.0) as same
    from range(4000) t(i)`;
  const quantiles = Array.from({ length: 201 }, (_one, i) => Math.exp(5 + (i * 999) / 200 / 400));
  const { probed } = await withTable(sql, (connection) =>
    probeAnswer.answer(
      connection,
      {
        views: [],
        view: 'log',
        columns: [
          { column: 'k', quantiles },
          { column: 'w' },
          { column: 'mixed', quantiles },
          { column: 'same', quantiles },
        ],
      },
      quiet,
    ),
  );
  const [k, w, mixed, same] = probed;
  assert.deepEqual([k?.only, w?.only, same], ['7', 'a', { column: 'same' }]);
  assert.match(mixed?.unit?.words ?? '', /^kilometres for miles/);
});
