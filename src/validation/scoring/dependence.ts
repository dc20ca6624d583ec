import { TreadleError } from '../../platform/errors/index.ts';
import type { Dependence, Evaluation, Task } from '../contract.ts';
import {
  FEWEST_GROUPS,
  FEWEST_MOMENTS,
  FEWEST_WORDS,
  MOST_ROWS_EACH,
  tellsEntity,
  tellsMoment,
} from '../disjoint/telling.ts';
import { byGroup, byTime, type Structure } from '../metrics/dependence.ts';
import type { Estimate } from '../metrics/estimate.ts';
import { widthOf } from '../metrics/widen.ts';
import type { Column, ColumnInfo } from './column.ts';
import { keyOf, type Table } from './read-table.ts';

type Spec = Pick<Evaluation['spec'], 'label' | 'group' | 'time'>;

/** So many columns of each kind are looked along. */
const MOST_COLUMNS = 4;
/** A smaller design effect is not worth a word. */
const LEAST_EFFECT = 1.1;

/** What the gate declares, and the columns that look like what it does not. Correlation is measured along them later. */
export async function structuresOf(table: Table, spec: Spec): Promise<Structure[]> {
  const found: Structure[] = [];
  if (spec.group !== undefined) found.push(await grouped(table, spec.group, true));
  if (spec.time !== undefined) {
    const declared = await ordered(table, table.info(spec.time, 'time'), true);
    if (declared) found.push(declared);
  }
  const able = table.columns.filter(({ name }) => name !== spec.label);
  // A column that only looks like one and cannot be read is none.
  const tried = async (reading: Promise<Structure | undefined>): Promise<void> => {
    try {
      const structure = await reading;
      if (structure) found.push(structure);
    } catch (error) {
      if (!(error instanceof TreadleError)) throw error;
    }
  };
  if (spec.group === undefined)
    for (const { name } of able
      .filter((info) => looksLikeEntity(info, table.rows))
      .toSorted(
        (a, b) => Number(tellsEntity(b.name)) - Number(tellsEntity(a.name)) || b.distinct - a.distinct,
      )
      .slice(0, MOST_COLUMNS))
      await tried(grouped(table, [name], false));
  if (spec.time === undefined)
    for (const info of able
      .filter((one) => looksLikeTime(one, table.rows))
      .toSorted((a, b) => Number(b.kind === 'time') - Number(a.kind === 'time') || b.distinct - a.distinct)
      .slice(0, MOST_COLUMNS))
      await tried(ordered(table, info, false));
  return found;
}

function looksLikeEntity({ name, kind, distinct }: ColumnInfo, rows: number): boolean {
  if (distinct * 2 > rows || (kind !== 'text' && kind !== 'integer')) return false;
  if (tellsEntity(name)) return distinct >= FEWEST_GROUPS;
  return kind === 'text' && distinct >= FEWEST_WORDS && rows <= distinct * MOST_ROWS_EACH;
}

/** A time of the day is none: it comes again. */
function looksLikeTime({ name, kind, type, distinct }: ColumnInfo, rows: number): boolean {
  if (distinct < FEWEST_MOMENTS) return false;
  if (kind === 'time') return type !== 'TIME';
  if (kind === 'text') return tellsMoment(name);
  return (kind === 'integer' || kind === 'number') && tellsMoment(name) && distinct * 2 >= rows;
}

/** Rows with the same values in all the columns; one without a value is an entity of its own. */
async function grouped(table: Table, names: readonly string[], declared: boolean): Promise<Structure> {
  for (const name of names) table.info(name, 'group');
  const read = await table.read(names.map((name) => keyOf(name, 'text')));
  const columns = names.map((name) => read.get(keyOf(name, 'text'))!);
  const known = new Map<string, number>();
  let units = 0;
  const codes = Uint32Array.from({ length: table.rows }, (_one, row) => {
    const parts = columns.map(({ codes: its, words }) => ({ code: its![row]!, word: words![its![row]!] }));
    if (parts.some(({ word }) => word === undefined || word === '')) return units++;
    const key = parts.map(({ code }) => code).join(' ');
    let code = known.get(key);
    if (code === undefined) known.set(key, (code = units++));
    return code;
  });
  return byGroup(codes, units, names, declared);
}

/** Rows by moment, the earliest first; one without a moment stands alone at the end. */
async function ordered(table: Table, info: ColumnInfo, declared: boolean): Promise<Structure | undefined> {
  const key = keyOf(info.name, info.kind === 'time' ? 'value' : 'text');
  const { codes: read, words }: Column = (await table.read([key])).get(key)!;
  const moments = momentsOf(words!, info.kind === 'time');
  const ranks = new Map(
    [...new Set(moments)]
      .filter((one) => !Number.isNaN(one))
      .toSorted((a, b) => a - b)
      .map((at, i) => [at, i]),
  );
  const rankOf = moments.map((at) => ranks.get(at));
  let units = ranks.size;
  let there = 0;
  const codes = Uint32Array.from(read!, (code) => {
    const rank = rankOf[code];
    if (rank === undefined) return units++;
    there++;
    return rank;
  });
  if (!declared && there < table.rows * 0.9) return undefined;
  return byTime(codes, units, [info.name], declared);
}

/** What grows with the moment: its place among the sorted, a number, or milliseconds; NaN where it is none. */
function momentsOf(words: readonly string[], sortable: boolean): number[] {
  if (sortable) {
    const places = new Map([...words].toSorted().map((word, at) => [word, at]));
    return words.map((word) => places.get(word)!);
  }
  const numbers = words.map((word) => (word.trim() === '' ? NaN : Number(word)));
  return numbers.filter((one) => Number.isFinite(one)).length * 2 >= words.length
    ? numbers
    : words.map((word) => (/^\d{4}-\d\d/.test(word) ? Date.parse(word) : NaN));
}

export interface Compared {
  candidate: ReadonlyMap<string, Estimate | string>;
  champion: ReadonlyMap<string, Estimate | string> | undefined;
}

/** The losses that correlation is looked for in, besides what the rules name. */
const LOSSES: Readonly<Record<Task, readonly string[]>> = {
  binary: ['auc', 'log_loss', 'accuracy'],
  multiclass: ['auc', 'log_loss', 'accuracy'],
  regression: ['mae', 'rmse'],
};

/**
 * Measures how much the rows go together along each structure, in the contributions to the losses of the candidate and to its
 * difference from the champion. Those of the gate count in any case; others only where independent rows would show as much one
 * time in a hundred.
 */
export function measureDependence(
  structures: readonly Structure[],
  task: Task,
  named: Iterable<string>,
  { candidate, champion }: Compared,
  rows: number,
): { counting: Structure[]; dependence: Dependence[] } {
  const most = structures.map(() => ({ effect: 1, figure: '' }));
  const look = (figure: string, each: Float64Array, n: number): void => {
    for (const [i, structure] of structures.entries()) {
      if (!structure.declared && !structure.variance(each).correlated) continue;
      const { effect } = widthOf(each, n - 1, [structure]);
      if (Number.isFinite(effect) && effect > most[i]!.effect) most[i] = { effect, figure };
    }
  };
  // One figure at a time: each has a number for every row.
  const each = new Float64Array(structures.length === 0 ? 0 : rows);
  for (const name of structures.length === 0 ? [] : new Set([...LOSSES[task], ...named])) {
    const own = candidate.get(name);
    if (typeof own !== 'object' || !own.spread) continue;
    each.fill(0);
    own.spread.add(each, 1);
    look(name, each, own.n);
    const its = champion?.get(name);
    if (typeof its !== 'object' || !its.spread) continue;
    its.spread.add(each, -1);
    look(`${name} - champion.${name}`, each, own.n);
  }
  const counting: Structure[] = [];
  const dependence: Dependence[] = [];
  for (const [i, structure] of structures.entries()) {
    const { effect, figure } = most[i]!;
    const { kind, columns, declared, units } = structure;
    if (!declared && effect < LEAST_EFFECT) continue;
    counting.push(structure);
    const found = {
      kind,
      columns: [...columns],
      declared,
      units,
      design_effect: effect,
      ...(figure === '' ? {} : { figure }),
    };
    dependence.push({ ...found, summary: sentence(found) });
  }
  return { counting, dependence };
}

function sentence({
  kind,
  columns,
  declared,
  units,
  design_effect,
  figure,
}: Omit<Dependence, 'summary'>): string {
  const names = columns.map((name) => `'${name}'`).join(', ');
  const count = units.toLocaleString('en');
  const effect = design_effect < 10 ? design_effect.toFixed(1) : design_effect.toFixed(0);
  const measured = `design effect ${effect}${figure === undefined ? '' : `, at ${figure}`}`;
  if (declared)
    return kind === 'group'
      ? `intervals count the rows of one ${names} together: ${count} of them, ${measured}`
      : `intervals count the correlation in the order of ${names}: ${count} moments, ${measured}`;
  return `the errors of rows go together ${kind === 'group' ? 'within' : 'in the order of'} ${names} (${measured}), so every interval is widened by it; declare ${kind}: ${columns[0]}`;
}
