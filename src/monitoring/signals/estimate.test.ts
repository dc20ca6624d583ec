import assert from 'node:assert/strict';
import test from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { estimatedSignal } from './estimate.ts';
import { estimateAnswer, learnAnswer } from './read-scores.ts';

const quiet = () => Promise.resolve();
/** Rows whose outcome is 1 with the chance that the score says, `shift` of the scores being nearer to the middle. */
const rows = (n: number, shift: number): string =>
  `select 'p' || i as prediction, 0 as "row", s as out_y, (hash(i * 31) % 1000000 / 1e6 < s)::int::double as number
   from (select i, 0.5 + (case when i % 2 = 0 then 1 else -1 end) * (0.1 + ${shift} * (hash(i) % 1000000 / 1e6)) as s from range(${n}) t(i))`;

test('what a metric will be is told from scores whose meaning was learnt, and is a ticket where it is surely worse', async () => {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  await connection.run(`create table before as ${rows(4000, 0.35)}; create table now as ${rows(3000, 0.02)}`);
  const asked = { views: [], column: 'out_y' };
  const { model } = await learnAnswer.answer(connection, { ...asked, view: 'before' }, quiet);
  const [same, duller] = [
    await estimateAnswer.answer(connection, { ...asked, view: 'before', model, past: [] }, quiet),
    await estimateAnswer.answer(connection, { ...asked, view: 'now', model, past: [] }, quiet),
  ];
  const realised = await connection.runAndReadAll(
    `select avg(((out_y >= 0.5)::int = number)::int)::double from now`,
  );
  connection.closeSync();
  database.closeSync();
  const { accuracy } = duller.metrics;
  assert.ok(typeof accuracy === 'object');
  const truth = Number(realised.getRows()[0]![0]);
  assert.ok(
    accuracy.low <= truth && truth <= accuracy.high,
    `${truth} in ${accuracy.low} to ${accuracy.high}`,
  );
  const judged = { name: 'accuracy', value: 0.78, low: 0.77, high: 0.79 };
  const of = {
    name: 'accuracy',
    judged,
    past: [{ value: 0.78, low: 0.75, high: 0.81, realised: 0.77 }],
    learnt: 4000,
  };
  assert.equal(estimatedSignal(same, of).state, 'ok');
  const worse = estimatedSignal(duller, of);
  assert.deepEqual([worse.state, duller.trust.level], ['alert', 'good']);
  assert.match(
    worse.reason,
    /^accuracy is estimated at 0\.6.*; 0\.780 when it was judged; the last 1 were off by 0\.010 /,
  );
  const doubtful = { ...duller, trust: { level: 'doubtful' as const, reasons: ['it was wrong before'] } };
  assert.equal(estimatedSignal(doubtful, of).state, 'ok', 'what is not trusted alarms nobody');
});
