import type { Tx } from '../../platform/ctx/index.ts';
import { termsOf, wordOf, type Described, type Links, type Term } from '../terms.ts';
import { deletePostings, findTerms, insertPostings, takeTerms } from './terms.ts';
import { insertTraces, updateTrace, type TraceRow } from './traces.ts';

/** What a row keeps as JSON, read. */
export const described = (row: TraceRow): Described => ({
  status: row.status,
  name: row.name,
  clientRequestId: row.client_request_id,
  tags: JSON.parse(row.tags) as Record<string, string>,
  metadata: JSON.parse(row.metadata) as Record<string, string>,
  links: JSON.parse(row.links) as Links,
});

export type NewTrace = Omit<TraceRow, 'terms'> & { more: readonly Term[] };

/** Traces of one experiment that are not there yet, with what they are found by. */
export async function createTraces(tx: Tx, experiment: number, traces: readonly NewTrace[]): Promise<void> {
  if (traces.length === 0) return;
  const words = traces.map(({ more, ...row }) => [
    ...new Set([...termsOf(described({ ...row, terms: '' })), ...more].map(wordOf)),
  ]);
  const known = await takeTerms(tx, experiment, words.flat());
  const numbers = words.map((list) => list.map((word) => known.get(word)!));
  await insertTraces(
    tx,
    traces.map(({ more: _more, ...row }, i) => ({ ...row, terms: JSON.stringify(numbers[i]) })),
  );
  await insertPostings(
    tx,
    traces.flatMap(({ n, started_at }, i) => numbers[i]!.map((term) => ({ term, started_at, n }))),
  );
}

/** What is looked for by other words than before, besides those that follow from the row. */
export interface OtherTerms {
  more?: readonly Term[];
  less?: readonly Term[];
}

/** Changes a trace, and what it is found by with it. */
export async function changeTrace(
  tx: Tx,
  old: TraceRow,
  change: Partial<Omit<TraceRow, 'n' | 'workspace' | 'id' | 'experiment_id' | 'terms'>>,
  { more = [], less = [] }: OtherTerms = {},
): Promise<TraceRow> {
  const next: TraceRow = { ...old, ...change };
  const was = new Set(termsOf(described(old)).map(wordOf));
  const is = new Set([...termsOf(described(next)), ...more].map(wordOf));
  const gone = [...was, ...less.map(wordOf)].filter((word) => !is.has(word));
  const fresh = [...is].filter((word) => !was.has(word));
  const before = JSON.parse(old.terms) as number[];
  const moved = next.started_at !== old.started_at;
  if (moved || fresh.length > 0 || gone.length > 0) {
    const removed = new Set((await findTerms(tx, old.experiment_id, gone)).values());
    const added = [...(await takeTerms(tx, old.experiment_id, fresh)).values()];
    const kept = before.filter((term) => !removed.has(term));
    const all = [...new Set([...kept, ...added])];
    await deletePostings(tx, moved ? before : [...removed], old.started_at, old.n);
    await insertPostings(
      tx,
      (moved ? all : added).map((term) => ({ term, started_at: next.started_at, n: next.n })),
    );
    next.terms = JSON.stringify(all);
  }
  const { n, workspace: _workspace, id: _id, ...columns } = next;
  await updateTrace(tx, n, columns);
  return next;
}
