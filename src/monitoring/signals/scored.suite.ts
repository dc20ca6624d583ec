import { DuckDBInstance } from '@duckdb/node-api';
import { scoreAnswer } from './score-window.ts';

type Request = Parameters<typeof scoreAnswer.answer>[1];

/** Rows of the log with their outcomes, scored as a table reader does. */
export async function scoreRows(sql: string, request: Partial<Request> = {}) {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    await connection.run(`set TimeZone='UTC'; create table labelled as ${sql}`);
    return await scoreAnswer.answer(connection, { views: [], view: 'labelled', ...request }, () =>
      Promise.resolve(),
    );
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}
