import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { AskedFile, View } from '../tables/index.ts';

/** Rows that a room above offers to queries: `from predictions('flight-delay', last 7 days)`. */
export interface TableFunction {
  /** As queries call it, in lower case. */
  readonly name: string;
  /** How it is called, for whoever called it wrongly. */
  readonly usage: string;
  /** An error says why there is no table. */
  open(ctx: Ctx, call: Call): Promise<OpenedTable>;
}

export interface Call {
  /** What it is asked of: the name in quotes. */
  subject: string;
  /** How far back from now, ms; undefined: all that there is. */
  last: number | undefined;
  /** As the query spells it, with single blanks: the name of the view that answers it. */
  text: string;
  /** Names of files must begin with it. */
  prefix: string;
}

export interface OpenedTable {
  files: AskedFile[];
  /** The last one has the name that is the call's text. */
  views: View[];
  /** What whoever reads the rows should know: how many are missing. */
  notes: string[];
}

/** A call in the text of a query. */
export interface Found {
  function: TableFunction;
  args: string;
  start: number;
  end: number;
}

const SKIPPED = String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\$([A-Za-z_]*)\$[\s\S]*?(?:\$\1\$|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"`;
const BEGIN = new RegExp(`${SKIPPED}|([A-Za-z_]\\w*)\\s*\\(|\\w+`, 'g');
const INSIDE = new RegExp(`${SKIPPED}|[()]`, 'g');

const CTE = /^\s*as\s+(?:not\s+)?(?:materialized\s*)?\(|^\s*as\s*\(/i;

/** Calls of these functions, outside of comments and texts. */
export function findCalls(query: string, functions: readonly TableFunction[]): Found[] {
  const found: Found[] = [];
  let from = 0;
  for (;;) {
    BEGIN.lastIndex = from;
    const match = BEGIN.exec(query);
    if (!match) return found;
    from = BEGIN.lastIndex;
    const word = match[2]?.toLowerCase();
    const called = word === undefined ? undefined : functions.find(({ name }) => name === word);
    if (!called || query[match.index - 1] === '.') continue;
    const end = closing(query, from);
    if (end === undefined) return found; // DuckDB says what is not closed
    if (CTE.test(query.slice(end + 1))) continue; // a name of the query's own: with predictions(a, b) as (…)
    found.push({ function: called, args: query.slice(from, end), start: match.index, end: end + 1 });
    from = end + 1;
  }
}

/** Where the bracket that was opened before `from` is closed. */
function closing(query: string, from: number): number | undefined {
  let depth = 1;
  INSIDE.lastIndex = from;
  for (let match = INSIDE.exec(query); match; match = INSIDE.exec(query)) {
    if (match[0] === '(') depth++;
    else if (match[0] === ')' && --depth === 0) return match.index;
  }
  return undefined;
}

const ARGS =
  /^\s*(?:'((?:[^']|'')+)'|"((?:[^"]|"")+)")\s*(?:,\s*last\s+(\d{1,6})\s+(minute|hour|day|week)s?\s*)?$/i;
const UNITS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

/** What a call asks for: a name in quotes, and how far back. */
export function readCall({ function: { name, usage }, args }: Found, prefix: string): Call {
  const match = ARGS.exec(args);
  const subject = match?.[1]?.replaceAll("''", "'") ?? match?.[2]?.replaceAll('""', '"');
  if (!match || subject === undefined)
    throw invalid(`'${name}(${args.trim().slice(0, 100)})' cannot be read`, { field: 'query', hint: usage });
  const [, , , count, unit] = match;
  if (count === undefined || unit === undefined)
    return { subject, last: undefined, text: `${name}('${subject}')`, prefix };
  if (Number(count) === 0)
    throw invalid(`'last ${count} ${unit}s' is no time at all`, { field: 'query', hint: usage });
  const small = unit.toLowerCase();
  return {
    subject,
    last: Number(count) * UNITS[small]!,
    text: `${name}('${subject}', last ${Number(count)} ${small}${Number(count) === 1 ? '' : 's'})`,
    prefix,
  };
}
