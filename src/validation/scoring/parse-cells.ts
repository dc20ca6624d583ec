/**
 * What a model's signature says of a column decides how the characters of a text file are taken. Numbers are decimal, `+1` and
 * `007` too; spaces around them say nothing; what pandas takes for missing is missing. Moments are ISO 8601, and one with a zone
 * is meant in UTC. Truth values are the words in any case. Whatever else stands there is an error that shows it.
 */
import { invalid } from '../../platform/errors/index.ts';
import type { Column } from './column.ts';

export type Parse = 'number' | 'flag' | 'moment';

/** pandas' own list, by which training read the same cells. */
const MISSING = new Set([
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'None',
  'n/a',
  'nan',
  'null',
]);
const NUMBER = /^[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const MOMENT =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{1,9}))?)?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$/;

/** A column of text as what it says. */
export function parsed(column: Column, as: Parse): Column {
  const { codes, words, name } = column;
  if (!codes || !words) return column;
  if (as === 'moment') {
    const moments = words.map((word) => (MISSING.has(word) ? '' : momentOf(word)));
    refuseOther(column, moments, 'an ISO 8601 date or time');
    return {
      ...column,
      words: moments.map((moment) => moment ?? ''),
      codes: codes.map((code) => (moments[code] === '' ? -1 : code)),
    };
  }
  const values = words.map(as === 'number' ? numberOf : flagOf);
  refuseOther(column, values, as === 'number' ? 'a number' : 'true or false');
  for (const [code, word] of words.entries())
    if (/^[+-]?[0-9]+$/.test(word.trim()) && Math.abs(values[code]!) > Number.MAX_SAFE_INTEGER)
      throw invalid(`column '${name}' holds ${word}, a whole number beyond 2^53, which would lose digits`, {
        field: 'data',
        hint: 'keep such numbers as text, or leave the column out',
      });
  const { codes: _codes, words: _words, ...info } = column;
  return {
    ...info,
    kind: as === 'number' ? 'number' : 'boolean',
    numbers: Float64Array.from(codes, (code) => values[code] ?? NaN),
  };
}

function numberOf(word: string): number | undefined {
  const text = word.trim();
  if (MISSING.has(text)) return NaN;
  const infinite = INFINITE.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  return NUMBER.test(text) ? Number(text) : undefined;
}

function flagOf(word: string): number | undefined {
  const text = word.trim().toLowerCase();
  return text === 'true' ? 1 : text === 'false' ? 0 : undefined;
}

/** As all moments are handed to models: a day, or a time in UTC to the microsecond. */
function momentOf(word: string): string | undefined {
  const [, day, minutes, seconds = '00', fraction = '', zone] = MOMENT.exec(word.trim()) ?? [];
  if (day === undefined) return undefined;
  const [, hours = '00', over = '00'] = /^[+-]([0-9]{2}):?([0-9]{2})?$/.exec(zone ?? '') ?? [];
  const at = new Date(`${day}T${minutes ?? '00:00'}:${seconds}Z`);
  if (Number.isNaN(at.getTime()) || !at.toISOString().startsWith(day)) return undefined;
  if (minutes === undefined) return day;
  const shift = (Number(hours) * 60 + Number(over)) * (zone?.startsWith('-') === true ? -1 : 1);
  const utc = new Date(at.getTime() - shift * 60_000).toISOString();
  return `${utc.slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, '0')}`;
}

function refuseOther(column: Column, values: readonly unknown[], wanted: string): void {
  const odd = values.indexOf(undefined);
  if (odd < 0) return;
  const row = column.codes!.indexOf(odd);
  throw invalid(
    `column '${column.name}' holds '${column.words![odd]!.slice(0, 60)}' at row ${row}, which is not ${wanted}`,
    { field: 'data', hint: 'write the column as it was in training, or leave such rows out' },
  );
}
