import { binomialLower } from '../../platform/mathematics/index.ts';
import type { Signal } from '../contract.ts';
import { isDerived } from '../kinds/names.ts';
import type { Alarm, DriftResult, NamedColumn } from '../detectors/e-detector.ts';
import { moment, percent } from '../../platform/words/index.ts';
import { rows } from '../statistics/histogram.ts';
import { distancesOf, FEW, type Distances } from './distances.ts';
import type { Counted, Unread, Watched } from './questions.ts';

/**
 * Chance that a window has an alarm of its own, of types or of the range, although such values come as they always did, over all its columns together: so
 * small that it is none over years of windows.
 */
const ALARM = 1e-6;

/**
 * What a window says of each column against its reference: missing values, values of another type, unseen categories, infinities, and the shape of the
 * rest. Shares and shapes alarm by the evidence of all windows so far (`watch-drift.ts`); values of another type by this window alone, since the
 * reference has none.
 */
export function judgeColumns(
  watched: readonly Watched[],
  { counted, unread }: { counted: readonly Counted[]; unread: readonly Unread[] },
  { shape, share }: Pick<DriftResult, 'shape' | 'share'>,
): Signal[] {
  const now = new Map(counted.map((one) => [one.column, one]));
  const failed = new Map(unread.map(({ column, problem }) => [column, problem]));
  const there = watched.filter(({ column }) => now.has(column) || failed.has(column));
  const level = ALARM / Math.max(1, there.length);
  const [shapes, shares] = [saidOf(shape), saidOf(share)];
  return there.flatMap((reference): Signal[] => {
    const { column } = reference;
    const problem = failed.get(column);
    if (problem !== undefined)
      return [{ signal: 'drift', column, state: 'failed', reason: problem, evidence: {} }];
    const current = now.get(column)!;
    // What is missing or broken is so in the column that it is made from.
    if (isDerived(column)) {
      // Of categories a language that was never there is a share of its own; it is another text, and no broken one.
      const [shaped, shared] = [shapes.get(column), shares.get(column)];
      return [driftOf(reference, current, shared?.named && !shaped?.named ? shared : shaped)];
    }
    return [
      shareOf('missing', reference, current, shares.get(column)),
      ...numbersOf(reference, current, level),
      ...othersOf(reference, current, shares.get(column)),
      driftOf(reference, current, shapes.get(column)),
    ];
  });
}

/** A column in an alarm's family: its evidence, and whether the alarm names it. */
type Said = NamedColumn & { named: boolean; all: number };

function saidOf({ each, columns, evidence }: Alarm): Map<string, Said> {
  const named = new Set(columns.map(({ name }) => name));
  return new Map(each.map((one) => [one.name, { ...one, named: named.has(one.name), all: evidence }]));
}

const WORDS = {
  missing: 'no value',
  unseen: 'categories that the reference never had, or rarely',
  infinite: 'infinite values',
} as const;

const FORMS = 'values that the reference has none of, or few, such as blank texts';

/** Bins of a share, counted from the end. */
const BINS = { missing: [1], unseen: [2], infinite: [2, 3] } as const;

/** What the detector calls the shares of a signal. */
const NAMES = { missing: ['missing'], unseen: ['unseen'], infinite: ['−∞', '+∞'] } as const;

function shareOf(
  signal: keyof typeof WORDS,
  { column, histogram: before, recipe }: Watched,
  { histogram, misfits }: Counted,
  said: Said | undefined,
): Signal {
  const words = signal === 'unseen' && recipe ? FORMS : WORDS[signal];
  const of = rows(histogram);
  const among = rows(before);
  const sum = (counts: readonly number[]): number =>
    BINS[signal].reduce((all: number, end) => all + counts.at(-end)!, 0);
  const count = sum(histogram.counts) - (signal === 'missing' ? misfits : 0);
  const reference = sum(before.counts);
  const news = said?.named === true && NAMES[signal].some((name) => said.says.endsWith(` ${name}`));
  const was = among === 0 ? 0 : reference / among;
  return {
    signal,
    column,
    value: of === 0 ? 0 : count / of,
    state: news ? 'alert' : of === 0 ? 'no_data' : 'ok',
    reason: `${words}: ${count} of ${of} rows (${percent(of === 0 ? 0 : count / of)}), in the reference ${percent(was)}${news ? `; ${since(said)}${worth(said)}` : ''}`,
    evidence: {
      count,
      rows: of,
      reference_count: reference,
      reference_rows: among,
      ...(said ? { evidence: said.evidence, since: said.since } : {}),
    },
  };
}

const since = (said: Said): string => (said.since === null ? '' : `since ${moment(said.since)}, `);

/** What the evidence means: at 1 the whole model alarms, which it does falsely once a year at most. */
const worth = ({ evidence }: Said): string => `${figure(evidence)} times the evidence that an alarm needs`;

const figure = (value: number): string =>
  value < 0.01 ? 'less than 0.01' : `${Number(value.toPrecision(2))}`;

function othersOf(reference: Watched, current: Counted, said: Said | undefined): Signal[] {
  if (reference.anchor.kind === 'categories') return [shareOf('unseen', reference, current, said)];
  const some = [reference.histogram, current.histogram].some(
    ({ counts }) => counts.at(-2)! + counts.at(-3)! > 0,
  );
  return some ? [shareOf('infinite', reference, current, said)] : [];
}

/** Types and range of numbers, by this window alone: the reference has none of another type, and two rows at its ends. */
function numbersOf(
  { column, anchor }: Watched,
  { histogram, misfits, outside }: Counted,
  level: number,
): Signal[] {
  if (anchor.kind !== 'numeric') return [];
  const of = rows(histogram);
  const one = (
    signal: 'misfit' | 'range',
    { count, ends, reason }: { count: number; ends: number; reason: string },
  ): Signal => {
    const chance = Math.min(1, (ends + 0.5) / (anchor.rows + 1));
    const p = of === 0 ? 1 : 1 - binomialLower(count - 1, of, chance);
    return {
      signal,
      column,
      value: of === 0 ? 0 : count / of,
      state: of === 0 ? 'no_data' : p < level ? 'alert' : 'ok',
      reason: `${reason}: ${count} of ${of} rows (${percent(of === 0 ? 0 : count / of)})`,
      evidence: { count, rows: of, reference_rows: anchor.rows, p, level },
    };
  };
  const what = `values outside of ${anchor.low} to ${anchor.high}, which the reference has`;
  return [
    one('misfit', { count: misfits, ends: 0, reason: 'values of another type than in the reference' }),
    ...(anchor.low === null ? [] : [one('range', { count: outside, ends: 2, reason: what })]),
  ];
}

function driftOf(
  { column, anchor, histogram: before }: Watched,
  { histogram, of: all }: Counted,
  said: Said | undefined,
): Signal {
  const distances = distancesOf(anchor, before, histogram);
  const of = {
    signal: 'drift' as const,
    column,
    evidence: {
      ...distances,
      /** All rows, where an even part of them was looked at. */
      ...(all === undefined ? {} : { part_of: all }),
      ...(said
        ? { evidence: said.evidence, says: said.says, size: said.size, since: said.since, model: said.all }
        : {}),
      /** By bin, the last one of missing values. */
      counts: histogram.counts,
      reference_counts: before.counts,
    },
    ...(distances.psi === null ? {} : { value: distances.psi }),
  };
  const index = `${indexOf(distances)}${all === undefined ? '' : `, an even part of ${all}`}`;
  if (said?.named === true) {
    const what = said.says === 'another shape' ? 'of another shape' : said.says;
    const size = said.size === undefined ? '' : ` ${said.size}`;
    return { ...of, state: 'alert', reason: `${what}${size}, ${since(said)}${worth(said)}; ${index}` };
  }
  const few = Math.min(distances.rows, distances.reference_rows);
  if (said === undefined || few < FEW)
    return {
      ...of,
      state: 'no_data',
      reason: `${few} rows ${distances.rows === few ? '' : 'of the reference '}with a value are too few to compare`,
    };
  return { ...of, state: 'ok', reason: `${worth(said)}; ${index}` };
}

const indexOf = ({ psi, rows: now }: Distances): string =>
  psi === null ? `${now} rows` : `stability index ${psi.toPrecision(3)} on ${now} rows`;
