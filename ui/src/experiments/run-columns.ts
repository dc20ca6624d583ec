import type { RunRow } from '../../../src/tracking/contract.ts';
import { sortOf as sortIn } from '../kit/table/sorting.ts';
import type { Sort } from '../kit/table/table.tsx';

/** The run table's columns by their ids: `metrics.auc`, `params.depth`, `tags.team`, or a fact of the run itself. Pure. */

export const FACTS = ['status', 'started', 'duration', 'user', 'verdict'] as const;
export type Fact = (typeof FACTS)[number];

/** How the server's search calls what a run itself has. */
const ATTRIBUTES: Record<Fact | 'name', string> = {
  name: 'run_name',
  status: 'status',
  started: 'start_time',
  duration: 'duration',
  user: 'user_id',
  verdict: 'verdict',
};

const KINDS = ['metrics', 'params', 'tags'] as const;
export type Kind = (typeof KINDS)[number];

export function columnParts(id: string): { kind: Kind; key: string } | undefined {
  const kind = KINDS.find((each) => id.startsWith(`${each}.`));
  return kind && { kind, key: id.slice(kind.length + 1) };
}

/** How the search grammar spells a column: keys that are no plain word stand in backquotes. */
export function searchName(id: string): string | undefined {
  const parts = columnParts(id);
  if (!parts) return Object.hasOwn(ATTRIBUTES, id) ? ATTRIBUTES[id as Fact] : undefined;
  return /^[\w.]+$/.test(parts.key) ? id : `${parts.kind}.\`${parts.key.replaceAll('`', '``')}\``;
}

/** `-metrics.auc` in the address → how a table sorts, where the server can. */
export function sortOf(text: string | undefined): Sort | undefined {
  const sort = sortIn(text);
  return sort && searchName(sort.id) !== undefined ? sort : undefined;
}

export function orderOf(sort: Sort | undefined): string[] | undefined {
  const name = sort && searchName(sort.id);
  return name === undefined ? undefined : [`${name} ${sort!.desc ? 'DESC' : 'ASC'}`];
}

interface Keys {
  metrics: readonly string[];
  params: readonly string[];
}

/**
 * What a table shows before anybody chose: the facts that matter, then the first metrics and params, of those that vary first; what is the
 * same in every run tells none from another. Clients' own tags stay away.
 */
export function usualColumns(columns: Keys & { varying: Keys }): string[] {
  const first = (all: readonly string[], varying: readonly string[]) => {
    const vary = new Set(varying);
    return [...all.filter((key) => vary.has(key)), ...all.filter((key) => !vary.has(key))].slice(0, 6);
  };
  const metrics = columns.metrics.filter((key) => !key.startsWith('system/'));
  return [
    'status',
    'started',
    'duration',
    ...first(metrics, columns.varying.metrics).map((key) => `metrics.${key}`),
    ...first(columns.params, columns.varying.params).map((key) => `params.${key}`),
  ];
}

interface AllKeys extends Keys {
  tags: readonly string[];
}

/** Words for many columns at once: an address has no room for the names of thousands. */
export const VARYING = '*varying';
export const EVERY = '*all';

const many = ({ metrics, params, tags }: AllKeys): string[] => [
  'status',
  'started',
  'duration',
  ...metrics.filter((key) => !key.startsWith('system/')).map((key) => `metrics.${key}`),
  ...params.map((key) => `params.${key}`),
  ...tags.filter((key) => !/^(mlflow|treadle)\./.test(key)).map((key) => `tags.${key}`),
];

/** The columns that an address names: `*varying` and `*all` stand for many, and a minus takes one away again. */
export function columnsOf(
  cols: readonly string[] | undefined,
  known: AllKeys & { varying: AllKeys },
): string[] {
  if (cols === undefined) return usualColumns(known);
  const away = new Set(cols.filter((id) => id.startsWith('-')).map((id) => id.slice(1)));
  const all = cols.flatMap((id) =>
    id === VARYING ? many(known.varying) : id === EVERY ? many(known) : id.startsWith('-') ? [] : [id],
  );
  return [...new Set(all)].filter((id) => !away.has(id));
}

/** How the address says the next columns, where it may have stood for many before. */
export function columnsText(
  cols: readonly string[] | undefined,
  shown: readonly string[],
  next: readonly string[],
): string[] {
  const word = cols?.find((id) => id === VARYING || id === EVERY);
  if (cols === undefined || word === undefined) return [...next];
  const wanted = new Set(next);
  const before = new Set(shown);
  const gone = shown.filter((id) => !wanted.has(id)).map((id) => `-${id}`);
  const come = next.filter((id) => !before.has(id));
  return [...cols.filter((id) => !come.includes(id.slice(1))), ...come, ...gone];
}

type Value = RunRow['metrics'][string];

/** Numbers that JSON has no words for arrive as text. */
export function metricNumber(value: Value | undefined): number | undefined {
  return value === undefined ? undefined : typeof value === 'number' ? value : Number(value);
}

/** A condition as the filter's grammar writes it, added to what is there. */
export function addCondition(
  filter: string | undefined,
  id: string,
  operator: string,
  value: string,
): string {
  const quoted = `'${value.replaceAll("'", "''")}'`;
  const numeric = id.startsWith('metrics.') || id === 'started' || id === 'duration';
  const condition = `${searchName(id) ?? id} ${operator} ${numeric ? value : quoted}`;
  const before = filter?.trim() ?? '';
  if (before === '') return condition;
  // AND binds tighter than OR.
  return `${/\bor\b/i.test(before) ? `(${before})` : before} AND ${condition}`;
}
