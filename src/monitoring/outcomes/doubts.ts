import type { OutcomeColumns } from '../contract.ts';
import { moment } from '../../platform/words/index.ts';

/** Clocks of callers may go before ours, ms. */
export const AHEAD = 5 * 60_000;

/** Columns of an aggregate over `outcomesOf`. */
export function doubtsSql(received_at: number): string {
  const late = (column: string): string => `${column} > epoch_ms(${received_at + AHEAD})::timestamptz`;
  // A text may say 'infinity', which has no milliseconds.
  const last = (column: string): string =>
    `coalesce(max(case when isfinite(${column}) then epoch_ms(${column}) end), 0)`;
  const early = `case when isfinite(observed_at) and isfinite(time) and not ${late('time')}
      then epoch_ms(observed_at) < epoch_ms(time) - ${AHEAD} end`;
  return `count(*), count(*) filter (${late('time')}), ${last('time')},
    count(*) filter (${late('observed_at')}), ${last('observed_at')}, count(*) filter (observed_unread),
    count(number), min(label) filter (number is not null), min(label) filter (number is null),
    count(*) filter (${early}), min(epoch_ms(observed_at)) filter (${early})`;
}

/** What looks wrong in rows that are taken, of the cells that `doubtsSql` gave: a sentence each. The rows count all the same. */
export function doubts(
  cells: readonly unknown[],
  { id, label, time, observed_at }: OutcomeColumns,
): string[] {
  const [all = 0, times = 0, lastTime = 0, observed = 0, lastObserved = 0, unread = 0, numbers = 0] = cells
    .slice(0, 7)
    .map(Number);
  const rows = (n: number): string => (n === 1 ? '1 row' : `${n.toLocaleString('en')} rows`);
  const [early = 0, earliest = 0] = cells.slice(9, 11).map(Number);
  const said: string[] = [];
  const texts = all - numbers;
  if (numbers > 0 && texts > 0) {
    const few = Math.min(texts, numbers);
    const [one, many, others, example] =
      texts <= numbers
        ? ['a text', 'texts', 'numbers', cells[8]]
        : ['a number', 'numbers', 'texts', cells[7]];
    said.push(
      `${few.toLocaleString('en')} of ${all.toLocaleString('en')} values of '${label}' ${few === 1 ? `is ${one}` : `are ${many}`}, such as '${String(example).slice(0, 60)}'; the others are ${others}`,
    );
  }
  if (id === undefined && times > 0)
    said.push(
      `${rows(times)} of '${time}' in the future, up to ${moment(lastTime)}: until then the newest prediction of the key is meant`,
    );
  if (observed > 0)
    said.push(
      `${rows(observed)} of '${observed_at}' in the future, up to ${moment(lastObserved)}: until then no other outcome holds`,
    );
  if (observed_at !== undefined && early > 0)
    said.push(
      `${rows(early)} of '${observed_at}' before the prediction was asked for, down to ${moment(earliest)}: any outcome that was observed later holds instead`,
    );
  if (unread > 0)
    said.push(
      `${rows(unread)} of '${observed_at}' without a time that can be read: observed when they arrived`,
    );
  return said;
}

/** And of those that are told one by one with a time. */
export function observedEarly(told: ReadonlyArray<{ time: number; observed_at: number }>): string[] {
  const early = told.filter(({ time, observed_at }) => observed_at < time - AHEAD);
  const [first] = early;
  return first === undefined
    ? []
    : [
        `${early.length === 1 ? '1 outcome was' : `${early.length.toLocaleString('en')} outcomes were`} observed before the prediction was asked for, such as at ${moment(first.observed_at)} of one of ${moment(first.time)}: any that was observed later holds instead`,
      ];
}
