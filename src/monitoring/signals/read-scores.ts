// In the table reader's process: scores of a binary model, with their outcomes and without.
import type { DuckDBConnection } from '@duckdb/node-api';
import { answerer, identifier, openViews } from '../../tables/inside.ts';
import { estimatePerformance, fitCbpe } from '../detectors/cbpe.ts';
import { ESTIMATE, LEARN } from './questions.ts';

/** Rows that are learnt from, and that are estimated: what more rows would tell is less than what is not known otherwise. */
const ROWS = 100_000;

export const learnAnswer = answerer(LEARN, async (connection, { views, view, column }) => {
  await openViews(connection, views);
  const [scores = [], labels = []] = await probabilities(
    connection,
    view,
    column,
    ['number'],
    'number in (0, 1)',
  );
  return { model: fitCbpe({ labels, scores }, 2) };
});

export const estimateAnswer = answerer(ESTIMATE, async (connection, { views, view, column, model, past }) => {
  await openViews(connection, views);
  const [scores = []] = await probabilities(connection, view, column, [], 'true');
  const said = Uint32Array.from(scores, (one) => Number(one >= 0.5));
  return { ...estimatePerformance(model, scores, { said, past }), rows: scores.length };
});

async function probabilities(
  connection: DuckDBConnection,
  view: string,
  column: string,
  others: readonly string[],
  where: string,
): Promise<number[][]> {
  const score = `try_cast(${identifier(column)} as double)`;
  const result = await connection.runAndReadAll(
    `select ${[score, ...others].join(', ')} from ${identifier(view)}
     where ${score} between 0 and 1 and ${where} order by prediction, "row" limit ${ROWS}`,
  );
  return result.getColumns() as number[][]; // doubles, and no nulls
}
