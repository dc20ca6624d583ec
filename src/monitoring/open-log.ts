import type { Call, OpenedTable, TableFunction } from '../data/index.ts';
import { invalid, unavailable } from '../platform/errors/index.ts';
import type { Recorded, Serving } from '../serving/index.ts';
import { identifier, type AskedFile } from '../tables/index.ts';
import { moment, percent } from '../platform/words/index.ts';

/** `predictions('flight-delay', last 7 days)`: the prediction log as a table for queries. */
export const predictionsTable = (serving: Pick<Serving, 'recorded'>): TableFunction => ({
  name: 'predictions',
  usage: "it is predictions('ENDPOINT') or predictions('ENDPOINT', last 7 days); also minutes, hours, weeks",
  async open(ctx, call) {
    const from = call.last === undefined ? undefined : ctx.clock.now() - call.last;
    return openLog(await serving.recorded(ctx, call.subject, { from }), call, { from });
  },
});

/** A moment as SQL. */
export const timeAt = (ms: number): string => `epoch_ms(${ms})::timestamptz`;

/** Segments of before call the primary `champion`, which is an alias of models and nothing else. */
const ROLE = `case role when 'champion' then 'primary' else role end as role`;

/** Views over segments: rows of `[from, to)` with the columns of the files, where `at` is called `time`. */
export function openLog(
  recorded: Recorded,
  { text, prefix }: Pick<Call, 'text' | 'prefix'>,
  { from, to }: { from?: number | undefined; to?: number | undefined },
): OpenedTable {
  const { segments, dropped, incomplete, rules } = recorded;
  if (segments.length === 0) throw nothing(recorded);
  const files = segments.map((segment, at): AskedFile => ({
    file: `${prefix}${at}.parquet`,
    shown: `${recorded.endpoint.name}/${at}.parquet`,
    format: 'parquet',
    path: segment.path,
    later: segment.later,
  }));
  const all = `${text}, whole files`;
  // Only the first and the last file may reach over the edges, but which those are differs between variants.
  const bounds = [
    ...(from === undefined ? [] : [`"at" >= ${timeAt(from)}`]),
    ...(to === undefined ? [] : [`"at" < ${timeAt(to)}`]),
  ];
  return {
    files,
    views: [
      { name: all, table: files },
      {
        name: text,
        // `at` is a word of the language: nobody could write it without quotes.
        sql: `select prediction, "at" as time, * exclude (prediction, "at") replace (${ROLE}) from ${identifier(all)}${bounds.length > 0 ? ` where ${bounds.join(' and ')}` : ''}`,
      },
    ],
    notes: [
      ...(rules.least === 1
        ? []
        : [
            `${text}: of the predictions of this time ${rules.least === rules.most ? '' : `${percent(rules.least)} to `}${percent(rules.most)} are recorded, as the endpoint says`,
          ]),
      ...(dropped === 0
        ? []
        : [
            `${text}: ${dropped.toLocaleString('en')} ${dropped === 1 ? 'prediction was' : 'predictions were'} answered and not recorded: the memory for what waits was full, or they were too large`,
          ]),
      ...(incomplete ? [`${text}: ${BUSY}`] : []),
    ],
  };
}

const BUSY = 'the newest predictions are still in memory: a data plane is too busy to write them';

function nothing({ endpoint: { name }, recording, rules, dropped, incomplete, newest }: Recorded): Error {
  if (incomplete)
    return unavailable(`predictions of '${name}' could not be read`, { hint: `${BUSY}; ask again` });
  if (newest !== undefined)
    return invalid(`no prediction of '${name}' is recorded in this time`, {
      field: 'query',
      hint: `the newest one is of ${moment(newest)}: ask for a longer time`,
      code: 'no-predictions',
    });
  const hint =
    recording === 'none'
      ? `its predictions are not kept: treadle endpoints ${name} --records all`
      : rules.least < 1
        ? `${percent(rules.least)} of predictions are recorded, which may be none of few: treadle endpoints ${name} --sample 1`
        : 'each answer is recorded from the first one on; ask it something';
  return invalid(
    `no prediction of '${name}' is recorded yet${dropped > 0 ? `; ${dropped} could not be kept` : ''}`,
    { field: 'query', hint, code: 'no-predictions' },
  );
}
