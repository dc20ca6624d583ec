import { identifier, quote } from '../../tables/index.ts';
import { predictionIdSql } from '../../serving/index.ts';
import type { OutcomeColumns } from '../contract.ts';

/** How a table of outcomes is read, now and later: fixed when it arrives. */
export interface Reading {
  columns: OutcomeColumns;
  /** DuckDB's types of these columns, by their names. */
  types: Record<string, string>;
  /** Of all revisions of the endpoint when it arrived. */
  serials: number[];
  received_at: number;
  /** Outcomes of predictions before this time came too late, by the monitor of then. */
  late_before?: number;
  /** Texts with the form of an id that this server did not make. */
  unknown_ids?: string[];
  /** NaN and infinities are no outcomes; tables of before are read as they were. */
  finite?: true;
  /** What looked wrong in rows that were taken. */
  warnings?: string[];
}

/** Why a row of a table is no outcome. */
export const REASONS = [
  'no_label',
  'not_finite',
  'unreadable',
  'unreadable_time',
  'unreadable_row',
  'foreign',
  'shadow',
  'late',
] as const;

/**
 * The rows of a table in the columns of outcomes, each with a `problem`, null where it is an outcome. Nothing of it is a caller's text but
 * names of columns, which are quoted.
 */
export function outcomesOf(
  table: string,
  { columns, types, serials, received_at, late_before, finite, unknown_ids = [] }: Reading,
): string {
  const { id, row, key, time, label, observed_at } = columns;
  const text = (column: string): string => `${identifier(column)}::varchar`;
  const said = id === undefined ? undefined : predictionIdSql(text(id));
  const at = time === undefined ? 'null::timestamptz' : timeOf(time, types[time]);
  const when = said ? `epoch_ms(${said.time})::timestamptz` : at;
  const observed = observed_at === undefined ? undefined : timeOf(observed_at, types[observed_at]);
  const rowNumber = row === undefined ? '0' : `try_cast(${identifier(row)} as bigint)`;
  const wrong = [
    `when ${identifier(label)} is null then 'no_label'`,
    ...(finite ? [`when not isfinite(try_cast(${text(label)} as double)) then 'not_finite'`] : []),
    ...(said && id !== undefined
      ? [
          `when ${identifier(id)} is null or not ${said.formed} then 'unreadable'`,
          `when ${said.serial} not in (${serials.length > 0 ? serials.join(', ') : 'null'}) then 'foreign'`,
          ...(unknown_ids.length > 0
            ? [`when ${text(id)} in (${unknown_ids.map(quote).join(', ')}) then 'unreadable'`]
            : []),
          `when ${said.shadow} then 'shadow'`,
        ]
      : [
          `when ${key === undefined || time === undefined ? 'true' : `${identifier(key)} is null or ${identifier(time)} is null`} then 'unreadable'`,
          `when ${at} is null then 'unreadable_time'`,
        ]),
    ...(late_before === undefined
      ? []
      : [`when ${when} < epoch_ms(${late_before})::timestamptz then 'late'`]),
    ...(row === undefined ? [] : [`when ${rowNumber} is null or ${rowNumber} < 0 then 'unreadable_row'`]),
  ];
  // What has not the form of an id has no time: it is not worked out of such texts.
  const time_ = said ? `case when ${said.formed} then ${when} end` : when;
  return `select
    ${id === undefined ? 'null::varchar' : text(id)} as prediction,
    ${rowNumber} as "row",
    ${id === undefined && key !== undefined ? text(key) : 'null::varchar'} as key,
    ${time_} as time,
    ${text(label)} as label,
    ${numberOf(label, types[label])} as number,
    coalesce(${observed ?? 'null::timestamptz'}, epoch_ms(${received_at})::timestamptz) as observed_at,
    epoch_ms(${received_at})::timestamptz as received_at,
    ${observed === undefined || observed_at === undefined ? 'false' : `${identifier(observed_at)} is not null and ${observed} is null`} as observed_unread,
    case ${wrong.join(' ')} end as problem
  from ${table}`;
}

/** A column of times; whole numbers are ms since 1970, also among texts. */
function timeOf(column: string, type = ''): string {
  const name = identifier(column);
  if (/INT|DECIMAL|DOUBLE|FLOAT/.test(type)) return `epoch_ms(try_cast(${name} as bigint))::timestamptz`;
  const read = `try_cast(${name} as timestamptz)`;
  return type === 'VARCHAR' ? `coalesce(${read}, epoch_ms(try_cast(${name} as bigint))::timestamptz)` : read;
}

/** A label as a number, where it is a finite one; of a truth value 1 or 0. */
function numberOf(column: string, type = ''): string {
  const number = `try_cast(${identifier(column)}${type === 'BOOLEAN' ? '::integer' : ''} as double)`;
  return `case when isfinite(${number}) then ${number} end`;
}
