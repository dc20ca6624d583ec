import { createTurns } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import {
  checkOrder,
  decodePage,
  encodePage,
  parseOrder,
  queryDigest,
  type Cursor,
  type Filter,
  type Order,
} from '../platform/search/index.ts';
import { parseTraceFilter } from './filter.ts';
import { passes } from './match.ts';
import { needsOf, planOf, type Plan } from './plan.ts';
import { selectAssessments } from './store/assessments.ts';
import { SORTED, walkTraces, type Sorted, type Walk } from './store/search.ts';
import { unpackAll } from './store/span-data.ts';
import { experimentNumber } from './store/tables.ts';
import { findTerms } from './store/terms.ts';
import { selectParts, type TraceRow } from './store/traces.ts';
import { described } from './store/write-trace.ts';
import { MORE, ownOf, RUN_METADATA, SESSION_METADATA, USER_METADATA, wordOf } from './terms.ts';
import { traceVocabulary } from './vocabulary.ts';

export interface TraceSearch {
  experiments: readonly string[];
  filter?: string | undefined;
  order?: readonly string[] | undefined;
  limit: number;
  page?: string | undefined;
}

export interface FoundTraces {
  rows: TraceRow[];
  next?: string;
}

/**
 * As long as one page looks for what no index knows, ms: a page may then be short, or empty, and still have a next one, which goes
 * on where it stopped.
 */
const PATIENCE = 3000;
/** Traces that are read at once to be tried. */
const CHUNK = 200;
/** With their spans. */
const CHUNK_OF_SPANS = 50;

/** A page of traces: the newest first unless ordered otherwise. */
export async function searchTraces(ctx: Ctx, search: TraceSearch): Promise<FoundTraces> {
  const { limit } = search;
  const order = orderOf(search.order ?? []);
  const filter = parseTraceFilter(search.filter);
  const digest = queryDigest(['traces', search.experiments, search.filter, order]);
  const experiments = [...new Set(search.experiments.map(experimentNumber))].filter((one) => one >= 0);
  const plan = planOf(filter);
  const first = order[0]!;
  const { key } = first.left;
  const sorted = first.left.entity === 'attribute' && key in SORTED ? (key as Sorted) : undefined;
  if (sorted === undefined || !followsOfItself(first, order)) {
    const after = decodePage(digest, search.page, order.length + 2);
    const found = await searchSorted(ctx, { experiments, plan, order, limit, after });
    return page(found, digest, limit, (row) => [
      ...order.map(({ left }) => valueOf(row, left)),
      row.started_at,
      row.n,
    ]);
  }
  const after = decodePage(digest, search.page, 3);
  const until = performance.now() + PATIENCE;
  const by = { by: sorted, descending: first.descending };
  const lists: Found[] = [];
  for (const experiment of experiments)
    lists.push(await walkOne(ctx, { experiment, plan, ...by, limit, after, until }));
  return merged(lists, by, digest, limit);
}

interface Found {
  rows: TraceRow[];
  /** Where it stopped, if it was not at the end. */
  stopped: TraceRow | undefined;
}

interface By {
  by: Sorted;
  descending: boolean;
}

/** Phases of an order: those that have a value, then those that have none. */
const phasesOf = (by: Sorted): readonly boolean[] => (by === 'timestamp_ms' ? [false] : [false, true]);

async function walkOne(
  ctx: Ctx,
  {
    experiment,
    plan,
    by,
    descending,
    limit,
    after,
    until,
  }: By & { experiment: number; plan: Plan; limit: number; after: Cursor | undefined; until: number },
): Promise<Found> {
  const found: TraceRow[] = [];
  let last: TraceRow | undefined;
  const start = after === undefined ? 0 : Number(after[0]);
  const words = await wordsOf(ctx, experiment, plan);
  if (words === undefined) return { rows: [], stopped: undefined };
  const { terms, rest } = words;
  const needs = needsOf(rest);
  for (const [phase, none] of phasesOf(by).entries()) {
    if (phase < start) continue;
    let position: Walk['after'] =
      after !== undefined && phase === start
        ? [after[1] === null ? null : Number(after[1]), Number(after[2])]
        : undefined;
    for (;;) {
      const size =
        rest === undefined ? limit + 1 - found.length : needs.spans ? CHUNK_OF_SPANS : Math.max(CHUNK, limit);
      const rows = await walkTraces(ctx, {
        experiment,
        by,
        descending,
        none,
        terms,
        columns: plan.columns,
        after: position,
        limit: size,
      });
      for (const row of await tried(ctx, rows, rest)) found.push(row);
      last = rows.at(-1) ?? last;
      if (found.length > limit) return { rows: found.slice(0, limit + 1), stopped: undefined };
      if (rows.length < size) break;
      if (performance.now() > until) return { rows: found, stopped: last };
      position = [sortValue(last!, none ? 'timestamp_ms' : by), last!.n];
    }
  }
  return { rows: found, stopped: undefined };
}

/** Numbers of the words that traces must have; undefined where no trace of the experiment can have them. */
async function wordsOf(
  ctx: Ctx,
  experiment: number,
  plan: Plan,
): Promise<{ terms: number[][]; rest: Filter | undefined } | undefined> {
  const more = wordOf(MORE);
  const known = await findTerms(ctx, experiment, [...new Set(plan.words.flat())]);
  const terms = plan.words.map((list) => list.flatMap((word) => known.get(word) ?? []));
  if (terms.some((list) => list.length === 0)) return undefined;
  return { terms, rest: known.has(more) ? plan.restWithMore : plan.rest };
}

/** Those of some traces that pass a filter. */
async function tried(ctx: Ctx, rows: readonly TraceRow[], filter: Filter | undefined): Promise<TraceRow[]> {
  if (filter === undefined) return [...rows];
  const numbers = rows.map(({ n }) => n);
  const needs = needsOf(filter);
  const assessments = needs.assessments ? await selectAssessments(ctx, numbers) : undefined;
  const parts = needs.spans ? await selectParts(ctx, numbers) : undefined;
  const turns = createTurns();
  const passed: TraceRow[] = [];
  for (const row of rows) {
    let spans: ReturnType<typeof unpackAll> | undefined;
    const candidate = {
      row,
      said: described(row),
      assessments: assessments?.get(row.n) ?? [],
      spans: () => (spans ??= unpackAll(parts?.get(row.n) ?? [])),
    };
    if (passes(filter, candidate)) passed.push(row);
    const due = turns();
    if (due) await due;
  }
  return passed;
}

/** The pages of several experiments as one. Where one stopped early, nothing after that place is known yet. */
function merged(lists: readonly Found[], { by, descending }: By, digest: string, limit: number): FoundTraces {
  const compare = (a: TraceRow, b: TraceRow): number => {
    const [one, other] = [sortValue(a, by), sortValue(b, by)];
    if (one === null || other === null)
      return one === other ? b.started_at - a.started_at || b.n - a.n : one === null ? 1 : -1;
    const way = descending ? -1 : 1;
    return way * (one - other || a.n - b.n);
  };
  const stops = lists.flatMap(({ stopped }) => (stopped ? [stopped] : []));
  const border = stops.toSorted(compare)[0];
  const all = lists.flatMap(({ rows }) => rows).toSorted(compare);
  const known = border === undefined ? all : all.filter((row) => compare(row, border) <= 0);
  const rows = known.slice(0, limit);
  const last = known.length > limit ? rows.at(-1)! : border;
  if (last === undefined) return { rows };
  const value = sortValue(last, by);
  const cursor: Cursor = value === null ? [1, last.started_at, last.n] : [0, value, last.n];
  return { rows, next: encodePage(digest, cursor) };
}

const sortValue = (row: TraceRow, by: Sorted): number | null => row[SORTED[by]];

/** Whether what stands after the first name decides nothing: ties go by the order in which traces came, in the same direction. */
const followsOfItself = (first: Order, order: readonly Order[]): boolean =>
  order
    .slice(1)
    .every(
      ({ left, descending }) =>
        left.entity === 'attribute' &&
        (left.key === 'request_id' || (left.key === 'timestamp_ms' && descending === first.descending)),
    );

function orderOf(texts: readonly string[]): Order[] {
  checkOrder(texts);
  const order: Order[] = [];
  for (const text of texts.length > 0 ? texts : ['timestamp_ms DESC']) {
    const term = parseOrder(text, traceVocabulary);
    if (!order.some(({ left }) => left.entity === term.left.entity && left.key === term.left.key))
      order.push(term);
  }
  return order;
}

function valueOf(row: TraceRow, { entity, key }: Order['left']): string | number | null {
  const { tags, metadata } = described(row);
  if (entity === 'tag') return ownOf(tags, key) ?? (key === 'mlflow.traceName' ? row.name : null);
  if (entity === 'metadata') return ownOf(metadata, key) ?? null;
  switch (key) {
    case 'status':
      return row.status;
    case 'name':
      return row.name;
    case 'request_id':
      return row.id;
    case 'client_request_id':
      return row.client_request_id;
    case 'experiment_id':
      return row.experiment_id;
    case 'timestamp_ms':
      return row.started_at;
    case 'execution_time_ms':
      return row.execution_ms;
    case 'end_time_ms':
      return row.started_at + (row.execution_ms ?? 0);
    case 'tokens':
      return row.total_tokens;
    case 'cost':
      return row.total_cost;
    case 'spans':
      return row.spans;
    case 'run_id':
      return metadata[RUN_METADATA] ?? null;
    case 'session':
      return metadata[SESSION_METADATA] ?? null;
    case 'user':
      return metadata[USER_METADATA] ?? null;
    default:
      return null;
  }
}

/**
 * An order that no index has: every trace that passes is looked at, and the first after the cursor are kept. What has no value comes
 * last, whichever way.
 */
async function searchSorted(
  ctx: Ctx,
  {
    experiments,
    plan,
    order,
    limit,
    after,
  }: {
    experiments: readonly number[];
    plan: Plan;
    order: readonly Order[];
    limit: number;
    after: Cursor | undefined;
  },
): Promise<TraceRow[]> {
  const keys = (row: TraceRow): Cursor => [
    ...order.map(({ left }) => valueOf(row, left)),
    row.started_at,
    row.n,
  ];
  const ways = [...order.map(({ descending }) => descending), true, true];
  const compare = (a: Cursor, b: Cursor): number => {
    for (const [i, one] of a.entries()) {
      const other = b[i] ?? null;
      if (one === other) continue;
      if (one === null) return 1;
      if (other === null) return -1;
      return (one < other ? -1 : 1) * (ways[i] === true ? -1 : 1);
    }
    return 0;
  };
  let best: Array<{ row: TraceRow; key: Cursor }> = [];
  const shrink = (): void => {
    best = best.toSorted((a, b) => compare(a.key, b.key)).slice(0, limit + 1);
  };
  for await (const row of eachTrace(ctx, experiments, plan)) {
    const key = keys(row);
    if (after !== undefined && compare(key, after) <= 0) continue;
    best.push({ row, key });
    if (best.length > 4 * (limit + 1)) shrink();
  }
  shrink();
  return best.map(({ row }) => row);
}

/** Every trace that passes, the newest first. */
async function* eachTrace(ctx: Ctx, experiments: readonly number[], plan: Plan): AsyncGenerator<TraceRow> {
  for (const experiment of experiments) {
    const words = await wordsOf(ctx, experiment, plan);
    if (words === undefined) continue;
    const size = needsOf(words.rest).spans ? CHUNK_OF_SPANS : 1000;
    for (let after: Walk['after']; ;) {
      const rows = await walkTraces(ctx, {
        experiment,
        by: 'timestamp_ms',
        descending: true,
        none: false,
        terms: words.terms,
        columns: plan.columns,
        after,
        limit: size,
      });
      yield* await tried(ctx, rows, words.rest);
      const last = rows.at(-1);
      if (last === undefined || rows.length < size) break;
      after = [last.started_at, last.n];
    }
  }
}

const page = (
  found: readonly TraceRow[],
  digest: string,
  limit: number,
  cursor: (row: TraceRow) => Cursor,
): FoundTraces => {
  const rows = found.slice(0, limit);
  return found.length > limit ? { rows, next: encodePage(digest, cursor(rows.at(-1)!)) } : { rows };
};

/** Every trace of experiments that passes a filter, for counting and measuring. */
export const everyTrace = (
  ctx: Ctx,
  experiments: readonly string[],
  filter: string | undefined,
): AsyncGenerator<TraceRow> =>
  eachTrace(ctx, experiments.map(experimentNumber), planOf(parseTraceFilter(filter)));
