import assert from 'node:assert/strict';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { Signal } from '../contract.ts';
import { judgeColumns } from '../signals/judge-columns.ts';
import { anchorAnswer, countAnswer } from '../signals/read-columns.ts';
import type { Anchored, Watched } from '../signals/questions.ts';
import { watchDrift, type DriftEvidence } from '../signals/watch-drift.ts';

const DAY = 86_400_000;
const quiet = () => Promise.resolve();

/** Rows of one column as a table reader sees them; null is no value. */
export type Values = ReadonlyArray<string | Uint8Array | readonly number[] | null>;

const TYPES = { text: 'varchar', bytes: 'blob', numbers: 'float[]' } as const;

async function withTable<T>(
  name: string,
  values: Values,
  ask: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    const first = values.find((one) => one !== null);
    const kind = typeof first === 'string' ? 'text' : first instanceof Uint8Array ? 'bytes' : 'numbers';
    await connection.run(`set TimeZone='UTC'; create table log ("${name}" ${TYPES[kind]})`);
    if (kind === 'numbers') {
      const rows = JSON.stringify(values);
      await connection.run(`insert into log select unnest(from_json($rows, '["FLOAT[]"]'))`, { rows });
    } else {
      const appender = await connection.createAppender('log');
      for (const value of values) {
        if (value === null) appender.appendNull();
        else if (typeof value === 'string') appender.appendVarchar(value);
        else appender.appendBlob(Uint8Array.from(value));
        appender.endRow();
      }
      appender.closeSync();
    }
    return await ask(connection);
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

/** The columns that are made of one column of a reference. */
export async function referenceOf(column: Anchored, values: Values): Promise<Watched[]> {
  const { watched, unread } = await withTable(column.from, values, (connection) =>
    anchorAnswer.answer(connection, { views: [], view: 'log', columns: [column], window: DAY }, quiet),
  );
  assert.deepEqual(unread, []);
  return watched;
}

export const countOn = (watched: readonly Watched[], values: Values) =>
  withTable(watched[0]!.column, values, (connection) =>
    countAnswer.answer(connection, { views: [], view: 'log', columns: watched }, quiet),
  );

/** One window after the other, as a monitor looks at them: the signals of each. */
export async function watch(watched: readonly Watched[], windows: readonly Values[]): Promise<Signal[][]> {
  let before: DriftEvidence | undefined;
  const seen: Signal[][] = [];
  for (const [day, values] of windows.entries()) {
    const counted = await countOn(watched, values);
    assert.deepEqual(counted.unread, []);
    const window = { from: day * DAY, to: (day + 1) * DAY };
    const { evidence, result } = watchDrift(watched, counted.counted, window, before);
    before = evidence;
    seen.push(judgeColumns(watched, counted, result));
  }
  return seen;
}

export const alarmed = (signals: readonly Signal[] = []): string[] =>
  signals.filter(({ state }) => state === 'alert').map(({ signal, column }) => `${signal} ${column}`);
