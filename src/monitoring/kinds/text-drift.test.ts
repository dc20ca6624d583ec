import assert from 'node:assert/strict';
import test from 'node:test';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { random } from '../../../test/random.ts';
import type { Signal } from '../contract.ts';
import { findingsOf } from '../alerts/causes.ts';
import { judgeColumns } from '../signals/judge-columns.ts';
import { anchorAnswer, countAnswer } from '../signals/read-columns.ts';
import type { Watched } from '../signals/questions.ts';
import { watchDrift, type DriftEvidence } from '../signals/watch-drift.ts';
import { sentence } from './sentences.suite.ts';

const DAY = 86_400_000;
const quiet = () => Promise.resolve();

async function withTable<T>(
  texts: ReadonlyArray<string | null>,
  ask: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    await connection.run(`set TimeZone='UTC'; create table log (in_review varchar)`);
    const appender = await connection.createAppender('log');
    for (const text of texts) {
      if (text === null) appender.appendNull();
      else appender.appendVarchar(text);
      appender.endRow();
    }
    appender.closeSync();
    return await ask(connection);
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

const seeded = random(5);
const texts = (n: number, language: 'en' | 'de' = 'en', length = 12): string[] =>
  Array.from({ length: n }, () => sentence(seeded, language, length));

const referenceOf = (values: ReadonlyArray<string | null>): Promise<Watched[]> =>
  withTable(values, async (connection) => {
    const asked = {
      views: [],
      view: 'log',
      columns: [{ column: 'in_review', from: 'in_review' }],
      window: DAY,
    };
    return (await anchorAnswer.answer(connection, asked, quiet)).watched;
  });

/** One window after the other, as a monitor looks at them: the signals of the last one. */
async function watch(watched: readonly Watched[], windows: ReadonlyArray<ReadonlyArray<string | null>>) {
  let before: DriftEvidence | undefined;
  const seen: Signal[][] = [];
  for (const [day, values] of windows.entries()) {
    const counted = await withTable(values, (connection) =>
      countAnswer.answer(connection, { views: [], view: 'log', columns: watched }, quiet),
    );
    assert.deepEqual(counted.unread, []);
    const { evidence, result } = watchDrift(
      watched,
      counted.counted,
      { from: day * DAY, to: (day + 1) * DAY },
      before,
    );
    before = evidence;
    seen.push(judgeColumns(watched, counted, result));
  }
  return seen;
}

const alarmed = (signals: readonly Signal[]): string[] =>
  signals.filter(({ state }) => state === 'alert').map(({ signal, column }) => `${signal} ${column}`);

test('a column of texts is watched by what is made of it; the same texts alarm nobody, another language does at once', async () => {
  const watched = await referenceOf(texts(2000));
  assert.deepEqual(
    watched.map(({ column }) => column.replace('in_review · ', '')),
    [
      'in_review',
      'characters',
      'words',
      'letters per word',
      'letters',
      'digits',
      'punctuation',
      'non-ASCII',
      'unknown words',
      'language',
    ],
  );
  const same = await watch(
    watched,
    Array.from({ length: 12 }, () => texts(300)),
  );
  assert.deepEqual(same.flatMap(alarmed), []);
  assert.ok(same.at(-1)!.every(({ state }) => state === 'ok'));
  const [mixed] = (await watch(watched, [[...texts(210), ...texts(90, 'de')]])).slice(-1);
  const names = alarmed(mixed!);
  for (const what of ['unknown words', 'language'])
    assert.ok(names.includes(`drift in_review · ${what}`), names.join(', '));
  const longer = await watch(watched, [texts(300), texts(300, 'en', 16), texts(300, 'en', 16)]);
  assert.ok(alarmed(longer[2]!).includes('drift in_review · words'));
  assert.ok(!alarmed(longer[2]!).includes('drift in_review · language'));
});

test('texts that are not there are said once, of the column itself, and explain the rest', async () => {
  const watched = await referenceOf(texts(1000));
  for (const [signal, none] of [
    ['missing', null],
    ['unseen', '  '],
  ] as const) {
    const [signals] = await watch(watched, [texts(300).map((text, i) => (i % 3 === 0 ? none : text))]);
    assert.deepEqual(
      alarmed(signals!).filter((one) => !one.startsWith('drift')),
      [`${signal} in_review`],
    );
    const bad = findingsOf(signals!, { rows: 300, problem: undefined, usual: undefined }).filter(
      ({ is }) => is === 'bad',
    );
    assert.deepEqual(
      bad.map(({ cause, members }) => [cause, members]),
      [['data', ['in_review']]],
    );
  }
});

test('of very many texts an even part is looked at, and it is said', async () => {
  const watched = await referenceOf(texts(500));
  const few = texts(400);
  const counted = await withTable(
    Array.from({ length: 45_000 }, (_one, i) => few[i % few.length]!),
    (connection) => countAnswer.answer(connection, { views: [], view: 'log', columns: watched }, quiet),
  );
  const words = counted.counted.find(({ column }) => column === 'in_review · words');
  assert.deepEqual([counted.rows, words?.of], [45_000, 45_000]);
  assert.equal(
    words?.histogram.counts.reduce((sum, one) => sum + one, 0),
    15_000,
  );
});
