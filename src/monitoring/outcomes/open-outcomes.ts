import type { Call, OpenedTable, TableFunction } from '../../data/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, missing, tooLarge } from '../../platform/errors/index.ts';
import type { FoundEndpoint, RecordedSpan, Serving } from '../../serving/index.ts';
import { identifier, localName, type AskedFile, type TableFormat, type View } from '../../tables/index.ts';
import { openLog, timeAt } from '../open-log.ts';
import { selectOutcomes, selectTables, type OutcomeRow, type OutcomeTableRow } from '../store.ts';
import { outcomesParquet } from './parquet.ts';
import { outcomesOf, type Reading } from './reading.ts';

/** Tables that were given and are read by one question; rows that were told one by one are folded into few files. */
const GIVEN = 500;
const FOLDED = 20_000;
const PAGE = 5000;

/** A file of an outcome table, as its row names it. */
export interface StoredFile {
  hash: string;
  shown: string;
  format: TableFormat;
}

export const filesOf = ({ files }: Pick<OutcomeTableRow, 'files'>): StoredFile[] =>
  JSON.parse(files) as StoredFile[]; // written by this room

const COLUMNS = 'prediction, "row", key, time, label, number, observed_at, received_at';

/** `outcomes('flight-delay', last 7 days)`: all that was told of predictions of this time, also what was superseded. */
export const outcomesTable = (serving: Pick<Serving, 'find'>): TableFunction => ({
  name: 'outcomes',
  usage: "it is outcomes('ENDPOINT') or outcomes('ENDPOINT', last 7 days): those of predictions of this time",
  async open(ctx, call) {
    const endpoint = await requireEndpoint(ctx, serving, call.subject);
    const opened = await openOutcomes(ctx, endpoint, call);
    if (!opened)
      throw invalid(`no outcome of '${call.subject}' has arrived yet`, {
        field: 'query',
        hint: `add some: treadle outcomes add ${call.subject} FILE --id COLUMN --label COLUMN`,
        code: 'no-outcomes',
      });
    const from = call.last === undefined ? '' : ` where time >= ${timeAt(ctx.clock.now() - call.last)}`;
    return {
      files: opened.files,
      views: [
        ...opened.views,
        {
          name: call.text,
          sql: `select ${COLUMNS}, row_number() over (
              partition by prediction, "row", key, case when prediction is null then time end
              order by observed_at desc, received_at desc, label desc) = 1 as current
            from ${identifier(opened.name)}${from}`,
        },
      ],
      notes: [],
    };
  },
});

/** `labelled('flight-delay', last 7 days)`: the prediction log, each row with its outcome where there is one. */
export const labelledTable = (serving: Pick<Serving, 'find' | 'recorded'>): TableFunction => ({
  name: 'labelled',
  usage: "it is labelled('ENDPOINT') or labelled('ENDPOINT', last 7 days): predictions with their outcomes",
  open: (ctx, call) =>
    openLabelled(ctx, serving, call, {
      from: call.last === undefined ? undefined : ctx.clock.now() - call.last,
    }),
});

/** Rows of `[from, to)` with `label`, `number`, `observed_at`, and when its first one was observed and arrived; null where nothing has arrived. */
export async function openLabelled(
  ctx: Ctx,
  serving: Pick<Serving, 'recorded'>,
  call: Call,
  window: RecordedSpan,
): Promise<OpenedTable> {
  const recorded = await serving.recorded(ctx, call.subject, window);
  const log = `${call.text}, predictions`;
  const { files, views, notes } = openLog(recorded, { text: log, prefix: `${call.prefix}p` }, window);
  const outcomes = await openOutcomes(ctx, recorded.endpoint.id, call);
  const p = identifier(log);
  const sql = outcomes
    ? `with told as (select ${COLUMNS} from ${identifier(outcomes.name)}),
        asked as (select key, time, any_value(prediction) as prediction from ${p}
          where key is not null and role <> 'shadow' group by all),
        met as (
          select prediction, "row", label, number, observed_at, received_at from told where prediction is not null
          union all
          select asked.prediction, told."row", told.label, told.number, told.observed_at, told.received_at
          from (select * from told where prediction is null) told
          asof join asked on told.key = asked.key and told.time >= asked.time),
        newest as (select *, min(observed_at) over (partition by prediction, "row") as first_observed_at,
            min(received_at) over (partition by prediction, "row") as first_received_at from met
          qualify row_number() over (partition by prediction, "row"
            order by observed_at desc, received_at desc, label desc) = 1)
      select p.*, o.label, o.number, o.observed_at, o.first_observed_at, o.first_received_at
      from ${p} p left join newest o
        on o.prediction = coalesce(p.shadow_of, p.prediction) and o."row" = p."row"`
    : `select *, null::varchar as label, null::double as number, null::timestamptz as observed_at,
        null::timestamptz as first_observed_at, null::timestamptz as first_received_at from ${p}`;
  return {
    files: [...files, ...(outcomes?.files ?? [])],
    views: [...views, ...(outcomes?.views ?? []), { name: call.text, sql }],
    notes,
  };
}

/** Every outcome of an endpoint once, or those of its newest tables alone; undefined where there is none. */
export async function openOutcomes(
  ctx: Ctx,
  endpoint: string,
  { text, prefix }: Pick<Call, 'text' | 'prefix'>,
  newest?: number,
): Promise<{ files: AskedFile[]; views: View[]; name: string } | undefined> {
  // These first: what is folded meanwhile is then seen twice, which is once, and never not at all.
  const loose = await looseOutcomes(ctx, endpoint);
  const given = await selectTables(ctx, endpoint, { kind: 'given', limit: newest ?? GIVEN + 1 });
  const folded = await selectTables(ctx, endpoint, { kind: 'folded', limit: newest ?? FOLDED + 1 });
  if (given.length > GIVEN || folded.length > FOLDED)
    throw tooLarge(`the outcomes lie in more than ${given.length > GIVEN ? GIVEN : FOLDED} files`, {
      field: 'query',
      hint: 'give them in fewer and larger files',
      code: 'too-many-tables',
    });
  const files: AskedFile[] = [];
  const views: View[] = [];
  const parts: string[] = [];
  const add = (name: string, table: AskedFile[], sql: (name: string) => string): void => {
    files.push(...table);
    views.push({ name, table });
    parts.push(`(${sql(identifier(name))})`);
  };
  given.forEach((row, at) => {
    const reading = JSON.parse(row.reading!) as Reading; // written by this room
    add(
      `${text}, table ${at}`,
      asked(filesOf(row), `${prefix}t${at}-`),
      (name) => `select ${COLUMNS} from (${outcomesOf(name, reading)}) where problem is null`,
    );
  });
  const own = [
    ...asked(folded.flatMap(filesOf), `${prefix}f`),
    ...(loose.length > 0
      ? [
          {
            file: `${prefix}loose.parquet`,
            shown: 'outcomes',
            format: 'parquet' as const,
            bytes: outcomesParquet(loose),
          },
        ]
      : []),
  ];
  if (own.length > 0) add(`${text}, told`, own, ownOutcomes);
  if (parts.length === 0) return undefined;
  const name = `${text}, all`;
  // What was delivered twice is one outcome.
  views.push({
    name,
    sql: `select prediction, "row", key, time, label, any_value(number) as number, observed_at, min(received_at) as received_at
      from (${parts.join(' union all ')}) group by prediction, "row", key, time, label, observed_at`,
  });
  return { files, views, name };
}

const ownOutcomes = (name: string): string =>
  `select prediction, "row", key, epoch_ms(time)::timestamptz as time, label, number,
    epoch_ms(observed_at)::timestamptz as observed_at, epoch_ms(received_at)::timestamptz as received_at from ${name}`;

/** Blobs under the names that a reader sees. */
export const asked = (files: readonly StoredFile[], prefix: string): AskedFile[] =>
  files.map(({ hash, shown, format }, at) => ({
    file: localName(`${prefix}${at}`, shown, format),
    hash,
    shown,
    format,
  }));

/** What was told and not folded yet. */
async function looseOutcomes(ctx: Ctx, endpoint: string): Promise<OutcomeRow[]> {
  const all: OutcomeRow[] = [];
  for (;;) {
    const page = await selectOutcomes(ctx, endpoint, { after: all.at(-1)?.id ?? '', limit: PAGE });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

/** The id of an endpoint that is there. */
export const requireEndpoint = async (
  ctx: Ctx,
  serving: Pick<Serving, 'find'>,
  name: string,
): Promise<string> => (await requireFound(ctx, serving, name)).id;

/** And all that is told of it. */
export async function requireFound(
  ctx: Ctx,
  serving: Pick<Serving, 'find'>,
  name: string,
): Promise<FoundEndpoint> {
  const found = await serving.find(ctx, name);
  if (found) return found;
  throw missing(`there is no endpoint '${name}'`, {
    field: 'endpoint',
    hint: 'list them with: treadle endpoints',
  });
}
