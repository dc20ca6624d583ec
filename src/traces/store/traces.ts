import { sql, type Selectable } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { insertMany } from '../../platform/db/index.ts';
import { missing } from '../../platform/errors/index.ts';
import type { TraceTables } from '../schema.ts';
import { pieces, tables } from './tables.ts';
import { deletePostings } from './terms.ts';

export type TraceRow = Selectable<TraceTables['trace']>;

const COLUMNS = [
  'n',
  'workspace',
  'id',
  'experiment_id',
  'started_at',
  'execution_ms',
  'status',
  'name',
  'client_request_id',
  'request_preview',
  'response_preview',
  'tags',
  'metadata',
  'links',
  'total_tokens',
  'total_cost',
  'spans',
  'finalized',
  'terms',
] as const;

/** In the order of `ids`; unknown ones are left out. */
export async function selectTraces(ctx: Ctx, ids: readonly string[]): Promise<TraceRow[]> {
  const found = new Map<string, TraceRow>();
  for (const some of pieces(ids)) {
    const rows = await tables(ctx)
      .selectFrom('trace')
      .selectAll()
      .where('workspace', '=', ctx.workspace)
      .where('id', 'in', some)
      .execute();
    for (const row of rows) found.set(row.id, row);
  }
  return ids.flatMap((id) => found.get(id) ?? []);
}

export async function selectTrace(ctx: Ctx, id: string): Promise<TraceRow> {
  const [row] = await selectTraces(ctx, [id]);
  if (!row)
    throw missing(`Trace with ID '${id}' not found.`, {
      field: 'trace_id',
      hint: 'treadle traces ls lists the traces of an experiment with their ids',
    });
  return row;
}

export async function insertTraces(tx: Tx, rows: readonly TraceRow[]): Promise<void> {
  await insertMany(
    tx.db,
    tx.dialect,
    'trace',
    COLUMNS,
    rows.map((row) => COLUMNS.map((column) => row[column])),
  );
}

export async function updateTrace(tx: Tx, n: number, change: Partial<TraceRow>): Promise<void> {
  await tables(tx)
    .updateTable('trace')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('n', '=', n)
    .execute();
}

/** The name of the experiment that a trace is of; undefined where there is no such trace. */
export async function experimentOfTrace(ctx: Ctx, id: string): Promise<number | undefined> {
  const row = await tables(ctx)
    .selectFrom('trace')
    .select('experiment_id')
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.experiment_id;
}

export interface Part {
  n: number;
  part: number;
  data: Uint8Array;
}

export async function insertParts(tx: Tx, parts: readonly Part[]): Promise<void> {
  await insertMany(
    tx.db,
    tx.dialect,
    'trace_spans',
    ['n', 'part', 'data'],
    parts.map(({ n, part, data }) => [n, part, data]),
  );
}

export async function nextPart(tx: Tx, n: number): Promise<number> {
  const row = await tables(tx)
    .selectFrom('trace_spans')
    .select((eb) => eb.fn.max('part').as('last'))
    .where('n', '=', n)
    .executeTakeFirst();
  return row?.last === null || row?.last === undefined ? 0 : Number(row.last) + 1;
}

/** By trace, each in the order in which they came. */
export async function selectParts(ctx: Ctx, numbers: readonly number[]): Promise<Map<number, Uint8Array[]>> {
  const parts = new Map<number, Uint8Array[]>();
  for (const some of pieces(numbers)) {
    const rows = await tables(ctx)
      .selectFrom('trace_spans')
      .select(['n', 'data'])
      .where('n', 'in', some)
      .orderBy('n')
      .orderBy('part')
      .execute();
    for (const { n, data } of rows) {
      const known = parts.get(n);
      if (known) known.push(data);
      else parts.set(n, [data]);
    }
  }
  return parts;
}

/** With all that hangs on them. */
export async function deleteTraceRows(
  tx: Tx,
  rows: ReadonlyArray<Pick<TraceRow, 'n' | 'started_at' | 'terms'>>,
): Promise<void> {
  const words = new Set<number>();
  for (const { n, started_at, terms } of rows) {
    const own = JSON.parse(terms) as number[];
    await deletePostings(tx, own, started_at, n);
    for (const word of own) words.add(word);
  }
  // Words are what people wrote, too: those of nothing else go with it.
  for (const some of pieces([...words]))
    await tables(tx)
      .deleteFrom('trace_term')
      .where('workspace', '=', tx.workspace)
      .where('id', 'in', some)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('trace_posting').select('term').whereRef('term', '=', 'trace_term.id'))),
      )
      .execute();
  const numbers = rows.map(({ n }) => n);
  for (const some of pieces(numbers)) {
    await tables(tx).deleteFrom('trace_spans').where('n', 'in', some).execute();
    await tables(tx)
      .deleteFrom('trace_assessment')
      .where('workspace', '=', tx.workspace)
      .where('n', 'in', some)
      .execute();
    await tables(tx)
      .deleteFrom('trace')
      .where('workspace', '=', tx.workspace)
      .where('n', 'in', some)
      .execute();
  }
}

/** The oldest of an experiment, for deleting. */
export const selectOldest = (
  tx: Tx,
  experiment: number,
  where: { until?: number | undefined; ids?: readonly string[] | undefined },
  limit: number,
): Promise<Array<Pick<TraceRow, 'n' | 'id' | 'started_at' | 'terms'>>> => {
  let query = tables(tx)
    .selectFrom('trace')
    .select(['n', 'id', 'started_at', 'terms'])
    .where('workspace', '=', tx.workspace)
    .where('experiment_id', '=', experiment);
  if (where.until !== undefined) query = query.where('started_at', '<=', where.until);
  if (where.ids !== undefined) query = query.where(tx.dialect.isOneOf(sql.ref('id'), where.ids));
  return query.orderBy('started_at').orderBy('n').limit(limit).execute();
};

/** The experiments that have traces, of every workspace: by steps along an index. */
export async function selectExperiments(ctx: Ctx): Promise<Array<{ workspace: string; experiment: number }>> {
  const found: Array<{ workspace: string; experiment: number }> = [];
  for (let last = { experiment: -1, workspace: '' }; ;) {
    const { rows } = await sql<{ workspace: string; experiment: number }>`
      select workspace, experiment_id as experiment from trace
      where experiment_id >= ${last.experiment} and (experiment_id > ${last.experiment} or workspace > ${last.workspace})
      order by experiment_id, workspace limit 1`.execute(ctx.scan);
    const [next] = rows;
    if (!next) return found;
    found.push(next);
    last = next;
  }
}

export async function deleteTerms(tx: Tx, experiment: number): Promise<void> {
  await tables(tx)
    .deleteFrom('trace_term')
    .where('workspace', '=', tx.workspace)
    .where('experiment_id', '=', experiment)
    .execute();
}
