import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, tooLarge, unavailable } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import { canonical } from '../../platform/json/index.ts';
import type { Serving } from '../../serving/index.ts';
import {
  identifier,
  QUERY,
  tableFormat,
  type Fault,
  type Outcome,
  type Rows,
  type Tables,
  type View,
} from '../../tables/index.ts';
import { resolveGateData } from '../../validation/index.ts';
import type { OutcomeColumns, OutcomeTable } from '../contract.ts';
import { findMonitorOf } from '../store-monitors.ts';
import { findTable, insertTable, type OutcomeTableRow } from '../store.ts';
import { doubts, doubtsSql } from './doubts.ts';
import { doubtsBeside } from './doubts-beside.ts';
import { asked, requireEndpoint, type StoredFile } from './open-outcomes.ts';
import { TEXTS } from './questions.ts';
import { outcomesOf, REASONS, type Reading } from './reading.ts';
import { MOST_UNKNOWN, unknownIds } from './unknown-ids.ts';
import { keyDoubts, sampledOut } from './unrecorded.ts';

export interface Parts {
  serving: Pick<Serving, 'find' | 'serials' | 'readPredictions' | 'recorded' | 'rules'>;
  tables: Tables;
}

/** Milliseconds of the processor for a look through all rows. */
const TIMEOUT = 5 * 60_000;
const GIVEN = 'given';

/** What is added: files, what they are called, and which field of the request named them. */
interface Given {
  files: StoredFile[];
  source: string;
  field: 'file' | 'data';
  /** In the ledger, what it came from. */
  from?: string;
}

export async function uploadOutcomes(
  ctx: Ctx,
  parts: Parts,
  name: string,
  { file, ...columns }: OutcomeColumns & { file: string },
  body: Readable,
  signal?: AbortSignal,
): Promise<OutcomeTable> {
  const endpoint = await requireEndpoint(ctx, parts.serving, name);
  const format = tableFormat(file);
  if (format === undefined)
    throw invalid(`'${file}' is no table`, {
      field: 'file',
      hint: 'tables are .csv, .tsv, .jsonl and .parquet files',
    });
  requireColumns(columns);
  const { hash } = await ctx.blobs.put(body as AsyncIterable<Uint8Array>);
  const shown = file.slice(file.lastIndexOf('/') + 1);
  const given: Given = { files: [{ hash, shown, format }], source: shown, field: 'file' };
  return addTable(ctx, parts, { endpoint, name }, given, columns, signal);
}

export async function joinOutcomes(
  ctx: Ctx,
  parts: Parts,
  name: string,
  { data, ...columns }: OutcomeColumns & { data: string },
  signal?: AbortSignal,
): Promise<OutcomeTable> {
  const endpoint = await requireEndpoint(ctx, parts.serving, name);
  requireColumns(columns);
  const { files, label, ref } = await resolveGateData(ctx, { kind: 'dataset', ref: data });
  const given: Given = {
    files: files.map(({ hash, path, format }) => ({ hash, shown: path, format })),
    source: label,
    field: 'data',
    from: ref,
  };
  return addTable(ctx, parts, { endpoint, name }, given, columns, signal);
}

/** Rows name a prediction, or a key and a time, and not both. */
function requireColumns({ id, key, time }: OutcomeColumns): void {
  if (id !== undefined) {
    if (key !== undefined || time !== undefined)
      throw invalid('an id names the prediction, and a key or time besides would name another', {
        field: key === undefined ? 'time' : 'key',
        hint: 'say id; or key and time',
      });
    return;
  }
  if (key === undefined || time === undefined)
    throw invalid('which predictions these are the outcomes of is not said', {
      field: key === undefined ? 'id' : 'time',
      hint: 'say which column holds prediction ids (id); or which ones hold keys and times (key, time)',
    });
}

/** Looks through all rows once, counts them by what they are, and writes the table down; one that is there is its own answer. */
async function addTable(
  ctx: Ctx,
  parts: Parts,
  { endpoint, name }: { endpoint: string; name: string },
  given: Given,
  columns: OutcomeColumns,
  signal?: AbortSignal,
): Promise<OutcomeTable> {
  const digest = createHash('sha256')
    .update(canonical({ files: given.files.map(({ hash }) => hash), columns }))
    .digest('hex');
  const before = await findTable(ctx, endpoint, digest);
  if (before) return { ...toTable(before), known: true };
  const files = asked(given.files, 'given');
  const views: View[] = [{ name: 'given', table: files }];
  const how = { lane: 'work', files, timeout: TIMEOUT, signal } as const;
  const answerOf = <Answer>(outcome: Outcome<Answer>): Answer => {
    if ('fault' in outcome) throw refused(outcome.fault, given);
    return outcome.answer;
  };
  const ask = async (query: string): Promise<Rows> => {
    const request = { query, views, limit: 10_000, bytes: 4 * 1024 * 1024 };
    return answerOf(await parts.tables.ask(ctx, QUERY, { ...how, request }));
  };
  const described = await ask('describe select * from given');
  const types = Object.fromEntries(described.rows.map(([name, type]) => [String(name), String(type)]));
  for (const [field, column] of Object.entries(columns))
    if (types[column] === undefined)
      throw invalid(`${field} is '${column}', and ${given.source} has no such column`, {
        field,
        hint: `it has: ${Object.keys(types).slice(0, 40).join(', ')}`,
      });
  const monitor = await findMonitorOf(ctx, endpoint);
  const reading: Reading = {
    columns,
    types: Object.fromEntries(Object.values(columns).map((column) => [column, types[column]!])),
    serials: await parts.serving.serials(ctx, endpoint),
    received_at: ctx.clock.now(),
    finite: true,
    ...(monitor ? { late_before: ctx.clock.now() - monitor.label_delay_ms } : {}),
  };
  const rowsAs = (): string => `(${outcomesOf(identifier('given'), reading)})`;
  const missed: string[] = [];
  if (columns.id === undefined) missed.push(...keyDoubts(await parts.serving.rules(ctx, name, {})));
  else {
    const unknown = unknownIds(ctx, parts.serving);
    const query = `select prediction from ${rowsAs()} where problem is null`;
    const hear = unknown.take;
    answerOf(await parts.tables.ask(ctx, TEXTS, { ...how, request: { views, query }, hear }));
    if (unknown.ids.size > MOST_UNKNOWN)
      throw invalid(
        `more than ${MOST_UNKNOWN.toLocaleString('en')} values of '${columns.id}' in ${given.source} are no prediction ids of this server`,
        { field: 'id', hint: 'leave out the rows of other servers', code: 'unreadable' },
      );
    missed.push(...sampledOut(unknown.unrecorded()));
    if (unknown.ids.size > 0) reading.unknown_ids = [...unknown.ids].toSorted();
  }
  const counts = await ask(
    `select coalesce(problem, 'accepted'), ${doubtsSql(reading.received_at)} from ${rowsAs()} group by 1`,
  );
  const counted = new Map(counts.rows.map(([reason, n]) => [String(reason), Number(n)]));
  const taken = counts.rows.find(([reason]) => reason === 'accepted');
  const warnings = taken
    ? [
        ...doubts(taken.slice(1), columns),
        ...(await doubtsBeside(ctx, parts, { endpoint, name }, { rows: rowsAs(), views, columns }, how)),
        ...missed,
      ]
    : [];
  if (warnings.length > 0) reading.warnings = warnings;
  const accepted = counted.get('accepted') ?? 0;
  const bad = Object.fromEntries(
    REASONS.flatMap((one) => (counted.has(one) ? [[one, counted.get(one)!]] : [])),
  );
  const rows = accepted + Object.values(bad).reduce((sum, n) => sum + n, 0);
  if (accepted === 0) throw nothingIn(given, rows, bad, columns);
  const row: OutcomeTableRow = {
    id: newId(reading.received_at),
    workspace: ctx.workspace,
    endpoint_id: endpoint,
    kind: GIVEN,
    source: given.source,
    files: JSON.stringify(given.files),
    reading: JSON.stringify(reading),
    digest,
    refused: JSON.stringify(bad),
    row_count: rows,
    accepted,
    received_at: reading.received_at,
    created_by: ctx.actor.name,
  };
  const fresh = await ctx.write(async (tx) => {
    if (!(await insertTable(tx, row))) return false;
    const resource = `outcome_table:${row.id}`;
    await tx.record({
      action: 'outcomes.added',
      resource,
      after: { digest, source: row.source, rows, accepted, refused: bad },
      edges: [
        { from: resource, to: `endpoint:${endpoint}`, relation: 'outcomes-of' },
        ...(given.from === undefined ? [] : [{ from: resource, to: given.from, relation: 'derived-from' }]),
      ],
    });
    await tx.emit({ type: 'outcomes.added', subject: `endpoint:${endpoint}`, data: { accepted } });
    return true;
  });
  return { ...toTable(row), known: !fresh };
}

export const toTable = (row: OutcomeTableRow): Omit<OutcomeTable, 'known'> => ({
  id: row.id,
  source: row.source,
  rows: row.row_count,
  accepted: row.accepted,
  refused: JSON.parse(row.refused) as Record<string, number>, // written by this room
  warnings: row.reading === null ? [] : ((JSON.parse(row.reading) as Reading).warnings ?? []), // as well
  received_at: row.received_at,
  created_by: row.created_by,
});

const TIMES = 'times are like 2026-01-31 12:00:00, UTC unless said, or milliseconds since 1970';

function nothingIn(
  { source, field }: Given,
  rows: number,
  bad: Readonly<Record<string, number>>,
  { id, row, label, time }: OutcomeColumns,
): Error {
  if (rows === 0) return invalid(`${source} has no rows`, { field, code: 'no-rows' });
  const [most] = Object.entries(bad).toSorted(([, a], [, b]) => b - a);
  const words: Readonly<Record<string, [message: string, field: string, hint: string]>> = {
    no_label: [
      `no row of ${source} has a value in '${label}'`,
      'label',
      'name the column that holds the truth',
    ],
    unreadable: [
      id === undefined
        ? `no row of ${source} has both a key and a time`
        : `no value of '${id}' in ${source} is the id of a prediction of this server`,
      id === undefined ? 'time' : 'id',
      id === undefined ? TIMES : 'ids come with each answer, in the header X-Treadle-Prediction',
    ],
    unreadable_time: [`no value of '${time}' in ${source} is a time`, 'time', TIMES],
    not_finite: [
      `each value of '${label}' in ${source} is NaN or an infinity`,
      'label',
      'an outcome is a finite number or a label: leave out rows where it is not known',
    ],
    unreadable_row: [
      `no value of '${row}' in ${source} is the number of a row`,
      'row',
      'rows of a prediction are whole numbers from 0; without this column the first row is meant',
    ],
    shadow: [
      `the predictions in ${source} are answers of shadows, which nobody got`,
      'id',
      'give the ids that callers got: the shadow’s answers are joined by them',
    ],
    late: [
      `the predictions in ${source} are older than outcomes are waited for`,
      id === undefined ? 'time' : 'id',
      'the monitor of the endpoint says how long: treadle monitor set NAME --label-delay 7d',
    ],
    foreign: [
      `the predictions in ${source} were answered by other endpoints`,
      'id',
      'name the endpoint that answered',
    ],
  };
  const [message, at, hint] = words[most![0]]!;
  return invalid(message, { field: at, hint, code: most![0] });
}

function refused({ code, message, hint }: Fault, { source, field }: Given): Error {
  if (code === 'unreadable')
    return invalid(message, {
      field,
      hint: hint ?? `${source} is not what its name says, or it is damaged`,
      code,
    });
  if (code === 'memory' || code === 'timeout')
    return tooLarge(`${source}: ${message}`, { field, hint: 'split it into several files', code });
  return unavailable(`${source} could not be looked through: ${message}`);
}
