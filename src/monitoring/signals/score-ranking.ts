// In the table reader's process: rows of a prediction as a list that the model put in order.
import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier } from '../../tables/inside.ts';
import { mean, type Estimates } from '../../validation/inside.ts';
import type { Losses } from './questions.ts';

const ROWS = 1_000_000;
/** Places that are looked at. */
const DEPTH = 10;

export interface ScoredRanking {
  task: 'ranking';
  parts: unknown[][];
  losses: Array<{ loss: Losses['loss']; values: Float64Array }>;
  measure(): Estimates;
}

/** The rows of one prediction are one list: the higher a score, the further up. Lists without a relevant row say nothing. A text says why nothing can be scored. */
export async function scoreRanking(
  connection: DuckDBConnection,
  from: string,
  column: string,
): Promise<ScoredRanking | string> {
  const said = `try_cast(${identifier(column)} as double)`;
  const read = await connection.runAndReadAll(
    `select prediction, number, ${said} from ${from} where number is not null and isfinite(${said})
     order by observed_at, prediction, "row" limit ${ROWS}`,
  );
  const lists = new Map<unknown, Array<{ gain: number; score: number }>>();
  for (const [prediction, gain, score] of read.getRows() as Array<[string, number, number]>) {
    if (gain < 0) return 'outcomes of a ranking are relevances: 0 or more';
    const list = lists.get(prediction) ?? [];
    if (list.length === 0) lists.set(prediction, list);
    list.push({ gain, score });
  }
  const told = [...lists.values()].map(ndcg).filter((one) => one !== undefined);
  if (told.length === 0) return 'no prediction has several rows with outcomes, of which one is relevant';
  const values = Float64Array.from(told);
  return {
    task: 'ranking',
    parts: [],
    losses: [{ loss: 'error', values: values.map((one) => Math.max(0, 1 - one)) }],
    measure: () => new Map([[`ndcg@${DEPTH}`, mean(`ndcg@${DEPTH}`, values, undefined)]]),
  };
}

/** As scikit-learn's `ndcg_score` has it: gains as they are, equal scores sharing their places. */
export function ndcg(list: ReadonlyArray<{ gain: number; score: number }>): number | undefined {
  if (list.length < 2) return undefined;
  const best = dcg(list.map(({ gain }) => ({ gain, score: gain })));
  return best === 0 ? undefined : dcg(list) / best;
}

function dcg(list: ReadonlyArray<{ gain: number; score: number }>): number {
  const sorted = list.toSorted((a, b) => b.score - a.score);
  let sum = 0;
  for (let from = 0; from < Math.min(DEPTH, sorted.length);) {
    let to = from + 1;
    while (to < sorted.length && sorted[to]!.score === sorted[from]!.score) to++;
    let [discounts, gains] = [0, 0];
    for (let place = from; place < to; place++) {
      gains += sorted[place]!.gain;
      if (place < DEPTH) discounts += 1 / Math.log2(place + 2);
    }
    sum += (gains / (to - from)) * discounts;
    from = to;
  }
  return sum;
}
