import { invalid } from '../../platform/errors/index.ts';
import { moment } from '../../platform/words/index.ts';
import { betsOn, betsOnShare, shapeDirections, Z_BEYOND, type Bet, type Direction } from './bets.ts';
import { denseLogs, denseOf, STRENGTHS, type Dense } from './dense.ts';
import { dispersionOf, NONE, type Dispersion } from './dispersion.ts';
import { grown, nothing, YEAR, type Evidence } from './evidence.ts';

/** What is known of one column before anything is watched: counts of rows in anchored bins. */
export interface ReferenceCounts {
  name: string;
  counts: ArrayLike<number>;
  /** The bins of ordered values, lowest first. Without it the bins are categories. */
  order?: readonly number[];
  /** Bins whose share is watched by itself, by what to call it: `missing`, `unseen`, `infinite`. The first weighs most. */
  shares?: Readonly<Record<string, number>>;
  /** The reference cut into windows like those to come, oldest first: from 8 on they say how much windows differ although nothing is wrong. */
  windows?: ReadonlyArray<ArrayLike<number>>;
}

export interface DriftOptions {
  /** False alarms a year that are put up with, for shapes and for shares each; 1. */
  alarmsAYear?: number;
  /** What is no drift even if it is real: a shift of so many standard deviations, and in shape the like of it; 0.02. */
  tolerance?: number;
  /** The same for a share: 0.0005 is a twentieth of a point; 0. */
  shareTolerance?: number;
}

/** What is watched of one column, computed from its reference and never stored. */
export interface Watched {
  name: string;
  bins: number;
  shape: Bet[];
  share: Bet[];
  dense: Dense;
  denseWeight: number;
  dispersions: Dispersion[];
  denseDispersion: Dispersion;
}

export interface DriftPlan {
  columns: readonly Watched[];
  /** In years: the evidence that alarms. */
  threshold: number;
}

/** Evidence of one column: of each bet and each strength, in the order of the plan. */
interface ColumnState {
  shape: Evidence[];
  share: Evidence[];
}

/** Goes through JSON unchanged; a job that stops goes on from it. */
export interface DriftState {
  version: 1;
  /** When the last window ended, in milliseconds. */
  until: number | null;
  windows: number;
  columns: Record<string, ColumnState>;
}

export interface DriftWindow {
  /** Milliseconds; a window begins no earlier than the one before ended. */
  from: number;
  to: number;
  /** Counts in the bins of the reference, by column. A column that is left out, or has no rows, stands still. */
  counts: Readonly<Record<string, ArrayLike<number>>>;
}

export interface NamedColumn {
  name: string;
  /** Evidence in multiples of what the whole model needs for an alarm. */
  evidence: number;
  /** What has changed: `higher`, `wider`, `another shape`, `more missing`. */
  says: string;
  /** How large it is in the last window: `1.4 % of rows, 0.0 % in the reference`; absent where one number does not say it. */
  size?: string;
  /** The change is dated to the window that began then. */
  since: number | null;
}

export interface Alarm {
  alarm: boolean;
  /** Evidence in multiples of the threshold. */
  evidence: number;
  /** Columns that changed, strongest first; of an alarm at least one. */
  columns: NamedColumn[];
  /** Every column that is watched so, strongest first. */
  each: NamedColumn[];
  /** One line for people. */
  words: string;
}

export interface DriftResult {
  /** Location, spread, shape of values; frequencies of categories. */
  shape: Alarm;
  /** Missing and unseen values. */
  share: Alarm;
  /** Columns without rows in this window: no data is not green. */
  empty: string[];
}

/** A column's evidence is never more than this many thresholds of its own, so that an alarm ends within few windows after its cause. */
const MOST = 1000;

/**
 * Prepares to watch columns against a reference.
 *
 * Guarantee: if every window is drawn from one distribution within the tolerance of the true one behind the reference, there are on average at most
 * `alarmsAYear` false alarms a year for shapes, and as many for shares, whatever the sizes of windows and however columns depend on each other. That is
 * exact for shares and for location and spread if the truth lies within the bounds that the reference gives (it does not in 0.5 % of
 * references), and asymptotic in the rows of the reference for whole shapes. Where windows differ by themselves it rests on the over-dispersion fitted on the reference's windows: read the measured rate.
 */
export function planDrift(references: readonly ReferenceCounts[], options: DriftOptions = {}): DriftPlan {
  const { alarmsAYear = 1, tolerance = 0.02, shareTolerance = 0 } = options;
  if (!(alarmsAYear > 0))
    throw invalid(`alarmsAYear is ${alarmsAYear}: it has to be above 0`, { field: 'alarmsAYear' });
  return {
    columns: references.map((reference) => watch(reference, { tolerance, shareTolerance })),
    threshold: 1 / alarmsAYear,
  };
}

function watch(
  { name, counts, order, shares = {}, windows = [] }: ReferenceCounts,
  { tolerance, shareTolerance }: { tolerance: number; shareTolerance: number },
): Watched {
  const rows = checked(name, counts, counts.length);
  if (rows === 0) throw invalid(`the reference of column '${name}' has no rows`, { field: name });
  const sizes = windows.map((window) => checked(name, window, counts.length));
  const full = windows.flatMap((window, j) => (sizes[j]! > 0 ? [{ window, rows: sizes[j]! }] : []));
  const dispersion = (directions: Direction[], noise?: number): Dispersion =>
    dispersionOf(
      full.map((one) => Float64Array.from(directions, ({ values }) => mean(values, one.window) / one.rows)),
      full.map((one) => one.rows),
      noise,
    );
  const ordered = order && order.some((bin) => counts[bin]! > 0) ? shapeDirections(counts, order) : [];
  const named = Object.entries(shares);
  const dispersions = [
    ...ordered.map((direction) => dispersion([direction])),
    ...named.map(([, bin]) => dispersion([indicator(counts, rows, bin)])),
  ];
  const apart = new Set(Object.values(shares));
  const single = Array.from(counts, (_one, bin) => indicator(counts, rows, bin)).filter(
    ({ values }, bin) => !apart.has(bin) && values.some((value) => value !== 0),
  );
  // The most of the whole, of its directions, and of single bins: a wobble in one of them is thinned out in the whole.
  const denseDispersion = [
    dispersion(single),
    ...dispersions.slice(0, ordered.length),
    ...(ordered.length > 0 ? [] : single.map((one) => dispersion([one], 4))),
  ].reduce((most, one) => (one.excess > most.excess ? one : most), NONE);
  const missed = (excess: number): number =>
    Z_BEYOND * Math.sqrt(1 / rows + excess / Math.max(1, full.length));
  const words = [
    ['higher', 'lower'],
    ['wider', 'narrower'],
  ] as const;
  return {
    name,
    bins: counts.length,
    shape: ordered.flatMap((direction, at) =>
      betsOn(direction, at, {
        bound: missed(dispersions[at]!.excess) + tolerance,
        weight: direction.name === 'location' ? 0.45 : 0.25,
        up: words[direction.name === 'location' ? 0 : 1][0],
        down: words[direction.name === 'location' ? 0 : 1][1],
      }),
    ),
    share: named.flatMap(([what, bin], at) =>
      betsOnShare(counts, bin, ordered.length + at, {
        name: what,
        weight: named.length === 1 ? 1 : at === 0 ? 0.8 : 0.2 / (named.length - 1),
        tolerance: shareTolerance,
        excess: dispersions[ordered.length + at]!.excess / Math.max(1, full.length),
      }),
    ),
    dense: denseOf(counts, {
      order,
      apart: named.map(([, bin]) => bin),
      tolerance,
      excess: denseDispersion.excess / Math.max(1, full.length),
    }),
    denseWeight: ordered.length > 0 ? 0.3 : 1,
    dispersions,
    denseDispersion,
  };
}

/** Whether a row is in a bin, brought to mean 0 and variance 1; all 0 for a bin that the reference has nothing, or everything, in. */
function indicator(counts: ArrayLike<number>, rows: number, bin: number): Direction {
  const share = counts[bin]! / rows;
  const values = new Float64Array(counts.length);
  if (share > 0 && share < 1) {
    values.fill(-Math.sqrt(share / (1 - share)));
    values[bin] = Math.sqrt((1 - share) / share);
  }
  return { name: 'share', values };
}

const mean = (values: Float64Array, counts: ArrayLike<number>): number =>
  values.reduce((sum, value, bin) => sum + value * counts[bin]!, 0);

function checked(name: string, counts: ArrayLike<number>, bins: number): number {
  if (counts.length !== bins)
    throw invalid(`column '${name}' has ${counts.length} bins and its reference ${bins}`, {
      field: name,
      hint: 'count it with the anchor of the reference',
    });
  let rows = 0;
  for (let bin = 0; bin < bins; bin++) {
    const one = counts[bin]!;
    if (!(one >= 0 && one < Infinity))
      throw invalid(`column '${name}', bin ${bin}: ${one} is no count`, { field: name });
    rows += one;
  }
  return rows;
}

export const startDrift = (plan: DriftPlan): DriftState => ({
  version: 1,
  until: null,
  windows: 0,
  columns: Object.fromEntries(
    plan.columns.map(({ name, shape, share }) => [
      name,
      {
        shape: Array.from({ length: shape.length + STRENGTHS.length }, nothing),
        share: Array.from(share, nothing),
      },
    ]),
  ),
});

/** One window more: the new state, and whether there is an alarm. Neither argument is changed. */
export function stepDrift(
  plan: DriftPlan,
  state: DriftState,
  { from, to, counts }: DriftWindow,
): { state: DriftState; result: DriftResult } {
  if (!(to > from)) throw invalid(`the window ends at ${to}, before it begins at ${from}`, { field: 'to' });
  if (state.until !== null && from < state.until)
    throw invalid(`the window begins at ${from}, and one that ended at ${state.until} was seen already`, {
      field: 'from',
      hint: 'windows are fed once each, in the order of time',
    });
  const years = (to - from) / YEAR;
  const most = MOST * plan.threshold * plan.columns.length;
  const empty: string[] = [];
  const columns: Record<string, ColumnState> = {};
  for (const watched of plan.columns) {
    const before = state.columns[watched.name];
    if (
      before?.shape.length !== watched.shape.length + STRENGTHS.length ||
      before.share.length !== watched.share.length
    )
      throw invalid(`the state of column '${watched.name}' belongs to another plan`, {
        field: watched.name,
        hint: 'start anew when the reference changes',
      });
    const own = counts[watched.name];
    const rows = own ? checked(watched.name, own, watched.bins) : 0;
    if (!own || rows === 0) {
      empty.push(watched.name);
      columns[watched.name] = before;
      continue;
    }
    const next = (evidence: Evidence, log: number): Evidence => grown(evidence, { log, years, from, most });
    const logs = logsOf(watched, own);
    const shapes = before.shape.length;
    columns[watched.name] = {
      shape: before.shape.map((one, k) => next(one, logs[k]!.log)),
      share: before.share.map((one, k) => next(one, logs[shapes + k]!.log)),
    };
  }
  const now: DriftState = { version: 1, until: to, windows: state.windows + 1, columns };
  for (const family of ['shape', 'share'] as const) {
    // An alarm that has ended begins anew from nothing: evidence that hovers about the threshold is one alarm, not many.
    if (readDrift(plan, state)[family].alarm && !readDrift(plan, now)[family].alarm)
      for (const [name, column] of Object.entries(columns))
        columns[name] = { ...column, [family]: column[family].map(nothing) };
  }
  return { state: now, result: { ...readDrift(plan, now, counts), empty } };
}

/** ln e of a window of one column: of each bet on its shape, of each strength, of each bet on a share; and how much each counts. */
export function logsOf(watched: Watched, counts: ArrayLike<number>): Array<{ weight: number; log: number }> {
  const rows = checked(watched.name, counts, watched.bins);
  const worth = (excess: number): number => 1 / (1 + rows * excess);
  const bet = ({ logs, direction, weight }: Bet): { weight: number; log: number } => ({
    weight,
    log: worth(watched.dispersions[direction]!.excess) * mean(logs, counts),
  });
  const dense = denseLogs(watched.dense, counts, worth(watched.denseDispersion.excess));
  return [
    ...watched.shape.map(bet),
    ...Array.from(dense, (log) => ({ weight: watched.denseWeight / STRENGTHS.length, log })),
    ...watched.share.map(bet),
  ];
}

/** What the evidence so far says; with the last window's counts, also how large it is there. */
export function readDrift(
  plan: DriftPlan,
  state: DriftState,
  counts: DriftWindow['counts'] = {},
): Omit<DriftResult, 'empty'> {
  const family = (which: 'shape' | 'share'): Alarm => {
    const found = plan.columns
      .filter((watched) => which === 'shape' || watched.share.length > 0)
      .map((watched) =>
        strength(watched, state.columns[watched.name]![which], which, {
          enough: plan.threshold,
          counts: counts[watched.name],
        }),
      )
      .map((one) => ({ ...one, evidence: one.evidence / plan.threshold }))
      .toSorted((a, b) => b.evidence - a.evidence);
    const all = found.length;
    const evidence = found.reduce((sum, one) => sum + one.evidence, 0) / Math.max(1, all);
    const alarm = evidence >= 1;
    // e-BH (Wang and Ramdas 2022): the k strongest, for the greatest k of which each has all / k. An alarm names one at least.
    const k = found.findLastIndex((one, at) => one.evidence >= all / (at + 1)) + 1;
    const each = found.map((one) => ({ ...one, evidence: one.evidence / all }));
    const columns = each.slice(0, alarm ? Math.max(1, k) : 0);
    return { alarm, evidence, columns, each, words: wordsOf(which, { alarm, evidence, columns, all }) };
  };
  return { shape: family('shape'), share: family('share') };
}

function strength(
  watched: Watched,
  states: readonly Evidence[],
  which: 'shape' | 'share',
  { enough, counts }: { enough: number; counts: ArrayLike<number> | undefined },
): NamedColumn {
  const bets = watched[which];
  const each = states.map(
    ({ mass }, k) => mass * (bets[k]?.weight ?? watched.denseWeight / STRENGTHS.length),
  );
  const most = (of: readonly number[]): number => of.indexOf(Math.max(...of));
  // A direction says more than that the shape is another: it has the word wherever its evidence suffices.
  const directed = most(each.slice(0, bets.length));
  const leading = (each[directed] ?? 0) >= enough ? directed : most(each);
  const size = counts && sumOf(counts) > 0 ? bets[leading]?.size?.(counts) : undefined;
  return {
    name: watched.name,
    evidence: each.reduce((sum, one) => sum + one, 0),
    ...(size === undefined ? {} : { size }),
    says: bets[leading]?.says ?? 'another shape',
    since: states[leading]?.since ?? null,
  };
}

const sumOf = (counts: ArrayLike<number>): number =>
  mean(
    Float64Array.from(counts, () => 1),
    counts,
  );

function wordsOf(
  which: 'shape' | 'share',
  {
    alarm,
    evidence,
    columns,
    all,
  }: { alarm: boolean; evidence: number; columns: NamedColumn[]; all: number },
): string {
  const of = which === 'shape' ? 'values' : 'missing and unseen values';
  if (!alarm)
    return `no drift in ${of} of ${all} columns: ${figure(evidence)} of the evidence that an alarm needs`;
  const [first] = columns;
  const more = columns.length > 1 ? ` and ${columns.length - 1} more` : '';
  const size = first?.size === undefined ? '' : ` (${first.size})`;
  const since = first?.since == null ? '' : ` since ${moment(first.since)}`;
  return `drift: '${first?.name}' is ${which === 'shape' && first?.says === 'another shape' ? 'of another shape' : first?.says}${size}${since}${more}, of ${all} columns; ${figure(evidence)} times the evidence that an alarm needs`;
}

const figure = (value: number): string => (value < 0.01 ? '<0.01' : `${Number(value.toPrecision(2))}`);
