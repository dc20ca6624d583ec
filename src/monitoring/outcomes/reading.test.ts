import assert from 'node:assert/strict';
import test from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { makeIds } from '../../serving/inside.ts';
import { doubts, doubtsSql, observedEarly } from './doubts.ts';
import { beyondRows, newLabels } from './doubts-beside.ts';
import { outcomesOf, type Reading } from './reading.ts';
import { MOST_UNKNOWN, unknownIds } from './unknown-ids.ts';

const NOW = Date.UTC(2026, 0, 31);

/** The rows of a table, each with what it is. */
async function readAs(
  columns: readonly string[],
  rows: ReadonlyArray<ReadonlyArray<string | null>>,
  reading: Pick<Reading, 'columns'> & Partial<Reading>,
) {
  const types = Object.fromEntries(columns.map((column) => [column, 'VARCHAR']));
  const whole: Reading = { types, serials: [1], received_at: NOW, ...reading };
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  await connection.run(
    `set TimeZone='UTC'; create table given (${columns.map((column) => `${column} varchar`).join(', ')})`,
  );
  const quoted = (cell: string | null): string => (cell === null ? 'null' : `'${cell}'`);
  await connection.run(
    `insert into given values ${rows.map((row) => `(${row.map(quoted).join(', ')})`).join(', ')}`,
  );
  const from = outcomesOf('given', whole);
  const read = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
  const problems = (await read(`select problem from (${from})`)).map(([problem]) => problem);
  const aggregate = await read(`select ${doubtsSql(NOW)} from (${from}) where problem is null`);
  const look = aggregate[0]!;
  connection.closeSync();
  database.closeSync();
  const warnings = doubts(look, whole.columns);
  return { problems, warnings };
}

test('a row with an id is an outcome only where this server made the id for a caller', async () => {
  const ids = makeIds('key', { now: () => NOW - 1000, maker: 'here' });
  const [ours, shadow, foreign] = [ids.next(1, 'champion'), ids.next(1, 'shadow'), ids.next(2, 'champion')];
  const forged = makeIds('another key', { now: () => NOW - 1000, maker: 'here' }).next(1, 'champion');
  const { problems, warnings } = await readAs(
    ['id', 'y'],
    [
      [ours, '1'],
      [forged, '1'],
      [shadow, '1'],
      [foreign, '1'],
      ['nobody', '1'],
      [ours, null],
    ],
    { columns: { id: 'id', label: 'y' }, unknown_ids: [forged] },
  );
  assert.deepEqual(problems, [null, 'unreadable', 'shadow', 'foreign', 'unreadable', 'no_label']);
  assert.deepEqual(warnings, []);
});

test('a time that cannot be read is called so, and what looks wrong is warned of', async () => {
  const { problems, warnings } = await readAs(
    ['who', 'asked', 'y', 'seen'],
    [
      ['a', '2026-01-30 12:00:00', '1', '2026-01-30 13:00:00'],
      ['a', String(NOW - 5000), '0', null],
      ['a', 'notatime', '1', null],
      [null, '2026-01-30', '1', null],
      ['a', null, '1', null],
      ['a', '2030-01-01', 'maybe', 'yesterday'],
      ['a', '2026-01-30', '1', '2031-01-01'],
    ],
    { columns: { key: 'who', time: 'asked', label: 'y', observed_at: 'seen' } },
  );
  assert.deepEqual(problems, [null, null, 'unreadable_time', 'unreadable', 'unreadable', null, null]);
  assert.deepEqual(warnings, [
    "1 of 4 values of 'y' is a text, such as 'maybe'; the others are numbers",
    "1 row of 'asked' in the future, up to 2030-01-01 00:00 UTC: until then the newest prediction of the key is meant",
    "1 row of 'seen' in the future, up to 2031-01-01 00:00 UTC: until then no other outcome holds",
    "1 row of 'seen' without a time that can be read: observed when they arrived",
  ]);
});

test('texts with one number among them are warned of the other way round, and one type alone is not', async () => {
  const columns = { key: 'who', time: 'asked', label: 'y' };
  const labelled = async (...labels: string[]) =>
    (
      await readAs(
        ['who', 'asked', 'y'],
        labels.map((label) => ['a', '2026-01-30', label]),
        { columns },
      )
    ).warnings;
  assert.deepEqual(await labelled('late', 'early', '7'), [
    "1 of 3 values of 'y' is a number, such as '7'; the others are texts",
  ]);
  assert.deepEqual(await labelled('late', 'early'), []);
  assert.deepEqual(await labelled('1', '0.5'), []);
});

test('a time beyond every calendar is one in the future', async () => {
  const columns = { key: 'who', time: 'asked', label: 'y' };
  for (const time of ['infinity', '290000-01-01']) {
    const { problems, warnings } = await readAs(['who', 'asked', 'y'], [['a', time, '1']], { columns });
    assert.deepEqual(problems, [null]);
    assert.match(warnings[0]!, /^1 row of 'asked' in the future/);
  }
});

test('no row number is told as such; NaN and infinities are no outcomes, but in tables that were read otherwise before', async () => {
  const id = makeIds('key', { now: () => NOW - 1000, maker: 'here' }).next(1, 'champion');
  const of = (reading: Partial<Reading>) =>
    readAs(
      ['id', 'n', 'y'],
      [
        [id, '0', '1'],
        [id, 'first', '1'],
        [id, '-1', '1'],
        [id, '0', 'NaN'],
        [id, '0', '-inf'],
        [id, '0', 'infinite'],
      ],
      { columns: { id: 'id', row: 'n', label: 'y' }, ...reading },
    );
  const { problems } = await of({ finite: true });
  const wrong = ['unreadable_row', 'unreadable_row', 'not_finite', 'not_finite'];
  assert.deepEqual(problems, [null, ...wrong, null]);
  assert.deepEqual((await of({})).problems.slice(3), [null, null, null]);
});

test('what was observed before it was asked for is warned of, by table and one by one', async () => {
  const { problems, warnings } = await readAs(
    ['who', 'asked', 'y', 'seen'],
    [
      ['a', '2026-01-30', '1', '1999-01-01'],
      ['a', '2026-01-30', '1', '2026-01-29 23:58:00'],
    ],
    { columns: { key: 'who', time: 'asked', label: 'y', observed_at: 'seen' } },
  );
  assert.deepEqual(problems, [null, null]);
  assert.deepEqual(warnings, [
    "1 row of 'seen' before the prediction was asked for, down to 1999-01-01 00:00 UTC: any outcome that was observed later holds instead",
  ]);
  const early = observedEarly([
    { time: NOW, observed_at: NOW - 1000 },
    { time: NOW, observed_at: Date.UTC(1999, 0) },
  ]);
  assert.match(early.join(), /^1 outcome was observed before .* 1999-01-01 00:00 UTC of one of 2026-01-31/);
  assert.deepEqual(observedEarly([]), []);
});

test('rows that a prediction does not have, and labels that no outcome of before has, are warned of', async () => {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  await connection.run(`
    create table given as select * from (values ('p', 0, '1.0', 1.0), ('p', 7, 'maybe', null), ('q', 1, 'true', 1.0))
      t(prediction, "row", label, number), (select null as problem);
    create table log as select * from (values ('p', 0, 'primary'), ('q', 0, 'primary'), ('q', 1, 'primary'))
      t(prediction, "row", role);
    create table told as select (i % 2)::varchar as label, (i % 2)::double as number from range(30) r(i);
    create table few as from told limit 5;
    create table free as select i::varchar as label, i::double as number from range(300) r(i)`);
  const ask = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
  const given = { rows: 'given', columns: { id: 'p', row: 'n', label: 'y' } };
  assert.deepEqual(await beyondRows(ask, 'log', given), [
    "1 row of 'n' beyond the rows of the prediction, such as row 7 of p, which has 1 row, from 0: they meet no record",
  ]);
  assert.deepEqual(await newLabels(ask, 'told', given), [
    "1 row of 'y' with a label that outcomes of before do not have, such as 'maybe'; they have '0', '1'",
  ]);
  for (const none of ['few', 'free']) assert.deepEqual(await newLabels(ask, none, given), [], none);
  connection.closeSync();
  database.closeSync();
});

test('ids are remembered as unknown once each, and no more than a table may have', async () => {
  const asked: number[] = [];
  const readPredictions = (_ctx: unknown, ids: readonly string[]) => {
    asked.push(ids.length);
    return Promise.resolve(
      new Map(
        ids
          .filter((id) => id === 'ours')
          .map((id) => [id, { endpoint: 'e', role: 'champion' as const, at: 1, recorded: true }]),
      ),
    );
  };
  // It is handed on and never looked at.
  const unknown = unknownIds({} as never, { readPredictions });
  await unknown.take(JSON.stringify(['ours', 'x', 'x', 'y']));
  await unknown.take(JSON.stringify(['y', 'ours']));
  assert.deepEqual(
    [[...unknown.ids], asked],
    [
      ['x', 'y'],
      [3, 2],
    ],
  );
  await unknown.take(JSON.stringify(Array.from({ length: 2 * MOST_UNKNOWN }, (_, i) => `z${i}`)));
  assert.equal(unknown.ids.size, MOST_UNKNOWN + 1);
});
