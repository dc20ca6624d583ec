import { StatementType } from '@duckdb/node-api';
import { QUERY } from '../questions.ts';
import { answerer } from '../reader/answer-questions.ts';
import { openViews } from './open-views.ts';
import { takeRows } from './take-rows.ts';

export const query = answerer(
  QUERY,
  async (connection, { query: sql, views, limit, bytes }) => {
    await openViews(connection, views);
    const statements = await connection.extractStatements(sql);
    if (statements.count !== 1)
      throw new Error(
        `this must be one SELECT statement; it is ${statements.count} statements (PIVOT counts as two)`,
      );
    const statement = await statements.prepare(0);
    // Nothing but a SELECT: a COPY could write to the very files it may read.
    if (statement.statementType !== StatementType.SELECT) {
      throw new Error(
        `only SELECT (also WITH, FROM, DESCRIBE, SUMMARIZE) can run here, not ${StatementType[statement.statementType]}`,
      );
    }
    return takeRows(await statement.stream(), limit, bytes);
  },
  'query',
);
