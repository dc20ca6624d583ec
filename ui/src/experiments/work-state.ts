import { parseSearch, searchOf, stringifySearch } from '../kit/url-state.ts';
import { chartSearch } from '../runs/chart-search.ts';
import type { ChartSearch } from '../runs/chart-view.ts';
import { columnParts, searchName } from './run-columns.ts';

/** What the work place of an experiment shows, as it stands in its address, taken apart and put together. Pure. */

/** A tag that marks runs which somebody wants to find again. */
export const STAR_TAG = 'treadle.starred';

/** Chosen columns with those that stay in sight first. */
export function arranged(chosen: readonly string[], pinned: readonly string[]): string[] {
  const stay = pinned.filter((id) => chosen.includes(id));
  return [...stay, ...chosen.filter((id) => !stay.includes(id))];
}

/** The list with one of its columns taken before another, or to its end. */
export function moved(list: readonly string[], id: string, before: string | undefined): string[] {
  if (before === id) return [...list];
  const rest = list.filter((each) => each !== id);
  const at = before === undefined ? -1 : rest.indexOf(before);
  return at < 0 ? [...rest, id] : [...rest.slice(0, at), id, ...rest.slice(at)];
}

/** `metrics.auc:140` for each column whose width was chosen; keys may hold colons. */
export function widthsOf(list: readonly string[] | undefined): Record<string, number> {
  return Object.fromEntries(
    (list ?? []).flatMap((entry) => {
      const colon = entry.lastIndexOf(':');
      const width = Number(entry.slice(colon + 1));
      return colon > 0 && width >= 56 && width <= 900 ? [[entry.slice(0, colon), Math.round(width)]] : [];
    }),
  );
}

export function widthsText(widths: Readonly<Record<string, number>>): string[] | undefined {
  const list = Object.entries(widths).map(([id, width]) => `${id}:${Math.round(width)}`);
  return list.length === 0 ? undefined : list;
}

const RUN_ID = /^[0-9a-f]{32}$/;
/** More than so many would make an address that no server takes; these are written 22 characters each, and not 37. */
const FEW_TICKS = 20;
const PACKED = '~';

/** Ticked runs as the address has them: few by their ids, many as their bytes. */
export function ticksText(ids: readonly string[]): string[] | undefined {
  if (ids.length <= FEW_TICKS) return ids.length === 0 ? undefined : [...ids];
  const hex = ids.filter((id) => RUN_ID.test(id)).join('');
  const bytes = (hex.match(/../g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16)));
  const packed = btoa(bytes.join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return [...ids.filter((id) => !RUN_ID.test(id)), `${PACKED}${packed}`];
}

export function ticksOf(list: readonly string[] | undefined): string[] {
  return (list ?? []).flatMap((entry) => {
    if (!entry.startsWith(PACKED)) return [entry];
    try {
      const bytes = atob(entry.slice(1).replaceAll('-', '+').replaceAll('_', '/'));
      const hex = Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
      return hex.match(/.{32}/g) ?? [];
    } catch {
      return [];
    }
  });
}

/** A part of an axis that was brushed: a range of numbers, or some of the values. */
export type Brush = { id: string } & (
  | { from: number; to: number; values?: undefined }
  | { values: readonly string[]; from?: undefined; to?: undefined }
);

/** `metrics.auc=[0.6,0.8]` or `params.model=["forest"]`; what cannot be read is left out. */
export function brushesOf(list: readonly string[] | undefined): Brush[] {
  return (list ?? []).flatMap((entry): Brush[] => {
    const equals = entry.indexOf('=');
    const id = entry.slice(0, equals);
    if (equals < 0 || searchName(id) === undefined) return [];
    let said: unknown;
    try {
      said = JSON.parse(entry.slice(equals + 1));
    } catch {
      return [];
    }
    if (!Array.isArray(said)) return [];
    const [from, to] = said as unknown[];
    if (said.length === 2 && typeof from === 'number' && typeof to === 'number')
      return from <= to ? [{ id, from, to }] : [];
    const values = (said as unknown[]).filter((value) => typeof value === 'string');
    return values.length > 0 && values.length === said.length ? [{ id, values }] : [];
  });
}

export const brushText = (brush: Brush): string =>
  `${brush.id}=${JSON.stringify(brush.values ?? [brush.from, brush.to])}`;

/** As text, so that the grammar reads it as the number that it is. */
const written = (value: number): string => {
  const text = String(value);
  return text.includes('e+') ? text.replace('e+', 'e') : text;
};
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** More alternatives than this are told by the runs themselves: a filter may have two hundred clauses. */
const MOST_VALUES = 60;

/** What a brush says in the filter's grammar. `runs`: those that were drawn, since texts are compared as texts and never as numbers. */
export function brushCondition(
  brush: Brush,
  runs: readonly { id: string; value: string | number | undefined }[],
): string {
  const name = searchName(brush.id) ?? brush.id;
  const parts = columnParts(brush.id);
  const numeric = parts?.kind === 'metrics' || brush.id === 'duration' || brush.id === 'started';
  if (brush.values === undefined && numeric)
    return `${name} >= ${written(brush.from)} AND ${name} <= ${written(brush.to)}`;
  const inside = runs.filter(({ value }) =>
    brush.values === undefined
      ? value !== undefined && Number(value) >= brush.from && Number(value) <= brush.to
      : brush.values.includes(String(value)),
  );
  const values = brush.values ?? [...new Set(inside.map(({ value }) => String(value)))];
  if (values.length > MOST_VALUES) return `run_id IN (${inside.map(({ id }) => quoted(id)).join(', ')})`;
  // No value at all: nothing passes.
  if (values.length === 0) return `run_id = ''`;
  return values.length === 1
    ? `${name} = ${quoted(values[0]!)}`
    : `(${values.map((value) => `${name} = ${quoted(value)}`).join(' OR ')})`;
}

/** What a person typed, and what was chosen beside it. */
export function wholeFilter(filter: string | undefined, conditions: readonly string[]): string | undefined {
  const own = filter?.trim() ?? '';
  if (conditions.length === 0) return own === '' ? undefined : own;
  return [...(own === '' ? [] : [`(${own})`]), ...conditions].join(' AND ');
}

export const starred = `tags.\`${STAR_TAG}\` = 'true'`;

/** How one chart is drawn other than the rest: `val/loss?x=wall&log=1`. */
export type PanelSettings = Pick<ChartSearch, 'x' | 'xm' | 'smooth' | 'smoother' | 'log'>;
const { x, xm, smooth, smoother, log } = chartSearch;
const readPanel = searchOf({ x, xm, smooth, smoother, log });

export function panelsOf(list: readonly string[] | undefined): Map<string, PanelSettings> {
  return new Map(
    (list ?? []).flatMap((entry): [string, PanelSettings][] => {
      const mark = entry.indexOf('?');
      return mark <= 0 ? [] : [[entry.slice(0, mark), readPanel(parseSearch(entry.slice(mark)))]];
    }),
  );
}

export function panelsText(panels: ReadonlyMap<string, PanelSettings>): string[] | undefined {
  const list = [...panels].map(([metric, settings]) => `${metric}${stringifySearch(settings) || '?'}`);
  return list.length === 0 ? undefined : list;
}

const VIEW = 'treadle.view.';

/** Views are tags of the experiment: its name, and the address that shows it. */
export function viewsOf(tags: Readonly<Record<string, string>>): { name: string; address: string }[] {
  return Object.entries(tags)
    .filter(([key]) => key.startsWith(VIEW))
    .map(([key, address]) => ({ name: key.slice(VIEW.length), address }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}
export const viewTag = (name: string): string => `${VIEW}${name.trim()}`;

/** What an address says of a view: ticked runs are no part of one. */
export function viewAddress(search: Readonly<Record<string, unknown>>): string {
  return stringifySearch({ ...search, sel: undefined, tab: undefined });
}
