import { columnParts, searchName } from './run-columns.ts';

/** Reads a filter as far as completion and suggestions need it; the server alone decides what it means. Pure. */

/** What a run itself has, as filters call it. */
export const ATTRIBUTES = [
  'status',
  'run_name',
  'run_id',
  'user_id',
  'start_time',
  'end_time',
  'duration',
  'verdict',
];
const NUMBERS = ['start_time', 'end_time', 'duration'];
const PREFIXES: Readonly<Record<string, string>> = {
  metric: 'metrics',
  metrics: 'metrics',
  param: 'params',
  params: 'params',
  parameter: 'params',
  parameters: 'params',
  tag: 'tags',
  tags: 'tags',
};

interface Token {
  from: number;
  to: number;
  text: string;
  kind: 'name' | 'operator' | 'value' | 'join' | 'not' | 'open' | 'close' | 'comma';
}

const TOKEN =
  /\s+|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|\w+\.(?:`(?:[^`]|``)*`?|"[^"]*"?)|[^\s=<>!()',"`]+|[<>=!]+|[(),]|./gsu;

/** Words that stand where an operator may are operators, and so on: the grammar needs no more. */
function tokens(text: string): Token[] {
  const found: Token[] = [];
  let wants: 'name' | 'operator' | 'value' | 'join' = 'name';
  let list = false;
  for (const match of text.matchAll(TOKEN)) {
    const word = match[0];
    if (/^\s/.test(word)) continue;
    const add = (kind: Token['kind']) =>
      found.push({ from: match.index, to: match.index + word.length, text: word, kind });
    const lower = word.toLowerCase();
    if (word === '(') {
      add('open');
      list = wants === 'value';
    } else if (word === ')') {
      add('close');
      list = false;
      wants = 'join';
    } else if (word === ',') add('comma');
    else if (wants === 'name' && lower === 'not') add('not');
    else if (wants === 'name') {
      add('name');
      wants = 'operator';
    } else if (wants === 'operator') {
      add('operator');
      if (lower !== 'not') wants = 'value';
    } else if (wants === 'value') {
      // IS NOT NULL has two words after IS.
      add(lower === 'not' ? 'operator' : 'value');
      if (!list && lower !== 'not') wants = 'join';
    } else {
      add('join');
      wants = 'name';
    }
  }
  return found;
}

export interface Place {
  /** What stands there may be completed by. */
  wants: 'name' | 'operator' | 'value' | 'join';
  /** The part of the text that a completion takes the place of. */
  from: number;
  to: number;
  /** What of it stands before the cursor. */
  begun: string;
  /** The name that an operator or value is for: `metrics.auc`. */
  name: string | undefined;
}

/** What may be written where the cursor stands. */
export function placeAt(text: string, cursor: number): Place {
  const all = tokens(text);
  const here = all.find(
    ({ from, to, kind }) => from < cursor && cursor <= to && !/^(open|close|comma)$/.test(kind),
  );
  const before = all.filter(({ to }) => to < cursor || (here === undefined && to <= cursor));
  const last = here === undefined ? before.at(-1) : all[all.indexOf(here) - 1];
  const named = all.findLast(({ from, kind }) => kind === 'name' && from < (here?.from ?? cursor));
  const wants = wantedAfter(last);
  return {
    wants: here === undefined ? wants : here.kind === 'not' ? 'name' : kindOf(here, wants),
    from: here?.from ?? cursor,
    to: here?.to ?? cursor,
    begun: here === undefined ? '' : text.slice(here.from, cursor),
    name: named && plainName(named.text),
  };
}

const kindOf = ({ kind }: Token, wants: Place['wants']): Place['wants'] =>
  kind === 'name' || kind === 'operator' || kind === 'value' || kind === 'join' ? kind : wants;

function wantedAfter(last: Token | undefined): Place['wants'] {
  switch (last?.kind) {
    case undefined:
    case 'join':
    case 'not':
      return 'name';
    case 'open':
    case 'comma':
      return 'name';
    case 'name':
      return 'operator';
    case 'operator':
      return 'value';
    default:
      return 'join';
  }
}

/** `` metrics.`val loss` `` → `metrics.val loss`, and every spelling of the prefix as ours. */
export function plainName(text: string): string {
  const dot = text.indexOf('.');
  const prefix = dot < 0 ? undefined : PREFIXES[text.slice(0, dot).toLowerCase()];
  if (prefix === undefined) return text;
  const key = text.slice(dot + 1);
  const quote = /^[`"]/.exec(key)?.[0];
  return `${prefix}.${quote === undefined ? key : key.slice(1, key.endsWith(quote) && key.length > 1 ? -1 : undefined).replaceAll(quote + quote, quote)}`;
}

export const isNumeric = (name: string): boolean => name.startsWith('metrics.') || NUMBERS.includes(name);

export interface Completion {
  /** What is written in the place's stead. */
  insert: string;
  label: string;
  /** Whether a space follows, for the next part. */
  detail: string;
}

const OPERATORS: Readonly<Record<'number' | 'text', readonly (readonly [string, string])[]>> = {
  number: [
    ['>', 'greater than'],
    ['>=', 'at least'],
    ['<', 'less than'],
    ['<=', 'at most'],
    ['=', 'is'],
    ['!=', 'is not'],
  ],
  text: [
    ['=', 'is'],
    ['!=', 'is not'],
    ['LIKE', '% stands for anything'],
    ['ILIKE', 'the same, whatever the case'],
  ],
};

const MOST = 12;

/** `columns` as `metrics.auc`; `values` those that runs have of the name, where they are known. */
export function completionsFor(
  place: Place,
  columns: readonly string[],
  values: readonly string[],
): Completion[] {
  const begun = place.begun.toLowerCase();
  if (place.wants === 'name') {
    const wanted = plainName(begun);
    return ranked([...columns, ...ATTRIBUTES], wanted).map((id) => ({
      insert: searchName(id) ?? id,
      label: id,
      detail: detailOf(id),
    }));
  }
  if (place.wants === 'operator')
    return OPERATORS[isNumeric(place.name ?? '') ? 'number' : 'text']
      .filter(([operator]) => operator.toLowerCase().startsWith(begun))
      .map(([operator, detail]) => ({ insert: operator, label: operator, detail }));
  if (place.wants === 'value') {
    const wanted = begun.replace(/^['"]/, '').replace(/['"]$/, '');
    return isNumeric(place.name ?? '')
      ? []
      : ranked(values, wanted).map((value) => ({
          insert: `'${value.replaceAll("'", "''")}'`,
          label: value === '' ? '(empty)' : value,
          detail: '',
        }));
  }
  return ['AND', 'OR']
    .filter((word) => word.toLowerCase().startsWith(begun))
    .map((word) => ({ insert: word, label: word, detail: word === 'AND' ? 'both' : 'one of them' }));
}

function detailOf(id: string): string {
  const kind = columnParts(id)?.kind;
  return kind === undefined ? 'of the run' : kind.slice(0, -1);
}

/** Those that begin with the text, then those whose key does, then those that hold it. */
function ranked(names: readonly string[], text: string): string[] {
  const rank = (name: string): number => {
    const lower = name.toLowerCase();
    if (lower.startsWith(text)) return 0;
    const key = columnParts(name)?.key.toLowerCase() ?? lower;
    return key.startsWith(text) ? 1 : lower.includes(text) ? 2 : 3;
  };
  return names
    .map((name) => ({ name, rank: rank(name) }))
    .filter((each) => each.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map(({ name }) => name);
}

/** Writes a completion into the text; the cursor goes behind it. */
export function complete(text: string, place: Place, insert: string): { text: string; cursor: number } {
  const rest = text.slice(place.to);
  const written = `${text.slice(0, place.from)}${insert}${rest.startsWith(' ') ? '' : ' '}`;
  return { text: written + rest, cursor: written.length + (rest.startsWith(' ') ? 1 : 0) };
}

export interface Unknown {
  /** As it is written. */
  written: string;
  from: number;
  to: number;
  /** Real names that are like it, as the grammar spells them. */
  like: string[];
}

/** Names of a filter that no run has, with those that may have been meant. */
export function unknownNames(text: string, columns: readonly string[]): Unknown[] {
  const known = new Set(columns);
  return tokens(text).flatMap(({ kind, text: written, from, to }) => {
    if (kind !== 'name') return [];
    const name = plainName(written.replace(/^(attribute|attributes|attr|run)\./i, ''));
    if (known.has(name) || ATTRIBUTES.includes(name) || /^(datasets?)\./i.test(name)) return [];
    if (/^(name|user|started|created|artifact_uri)$/i.test(name)) return [];
    return [
      { written, from, to, like: alike(name, [...columns, ...ATTRIBUTES]).map((id) => searchName(id) ?? id) },
    ];
  });
}

/** The most alike first; nothing that is merely as long. */
function alike(name: string, names: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const key = columnParts(name)?.key.toLowerCase() ?? wanted.slice(wanted.indexOf('.') + 1);
  return names
    .map((each) => {
      const other = columnParts(each)?.key.toLowerCase() ?? each.toLowerCase();
      const away = Math.min(distance(wanted, each.toLowerCase()), distance(key, other));
      const holds = other.includes(key) || key.includes(other);
      return { each, away: holds && key.length > 2 ? Math.min(away, 1.5) : away };
    })
    .filter(({ away }) => away <= Math.max(1.5, Math.floor(key.length / 3)))
    .sort((a, b) => a.away - b.away)
    .slice(0, 3)
    .map(({ each }) => each);
}

/** How many letters are to be put in, taken out, changed, or swapped with their neighbours. */
export function distance(a: string, b: string): number {
  let [two, one]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(one![j]! + 1, row[j - 1]! + 1, one![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, two![j - 2]! + 1);
      row.push(least);
    }
    [two, one] = [one!, row];
  }
  return one![b.length]!;
}
