import { sql } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { insertMany } from '../../platform/db/index.ts';
import { pieces, tables } from './tables.ts';

/** The numbers of words of an experiment; those that no trace has had yet are left out. */
export async function findTerms(
  ctx: Ctx,
  experiment: number,
  words: readonly string[],
): Promise<Map<string, number>> {
  if (words.length === 0) return new Map();
  const rows = await tables(ctx)
    .selectFrom('trace_term')
    .select(['id', 'word'])
    .where('experiment_id', '=', experiment)
    .where('workspace', '=', ctx.workspace)
    .where(ctx.dialect.isOneOf(sql.ref('word'), words))
    .execute();
  return new Map(rows.map(({ id, word }) => [word, id]));
}

/** The same, with those that are not there yet made. */
export async function takeTerms(
  tx: Tx,
  experiment: number,
  words: readonly string[],
): Promise<Map<string, number>> {
  const wanted = [...new Set(words)];
  const known = await findTerms(tx, experiment, wanted);
  const fresh = wanted.filter((word) => !known.has(word));
  if (fresh.length === 0) return known;
  const counter = await tables(tx)
    .updateTable('trace_counter')
    .set((eb) => ({ next: eb('next', '+', fresh.length) }))
    .where('name', '=', 'term')
    .returning('next')
    .executeTakeFirstOrThrow();
  const first = counter.next - fresh.length;
  await insertMany(
    tx.db,
    tx.dialect,
    'trace_term',
    ['id', 'workspace', 'experiment_id', 'word'],
    fresh.map((word, i) => [first + i, tx.workspace, experiment, word]),
  );
  fresh.forEach((word, i) => known.set(word, first + i));
  return known;
}

export interface Posting {
  term: number;
  started_at: number;
  n: number;
}

export const insertPostings = (tx: Tx, postings: readonly Posting[]): Promise<number> =>
  insertMany(
    tx.db,
    tx.dialect,
    'trace_posting',
    ['term', 'started_at', 'n'],
    postings.map(({ term, started_at, n }) => [term, started_at, n]),
    'on conflict do nothing',
  );

export async function deletePostings(
  tx: Tx,
  terms: readonly number[],
  started_at: number,
  n: number,
): Promise<void> {
  for (const some of pieces(terms))
    await tables(tx)
      .deleteFrom('trace_posting')
      .where('term', 'in', some)
      .where('started_at', '=', started_at)
      .where('n', '=', n)
      .execute();
}
