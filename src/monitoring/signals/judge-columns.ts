import { binomialLower } from '../../platform/mathematics/index.ts';
import type { Signal } from '../contract.ts';
import { psi } from '../statistics/divergences.ts';
import { binningOf, missing, present, rows } from '../statistics/histogram.ts';
import { tolerantChiSquare } from '../statistics/homogeneity.ts';
import type { Unread, Watched } from './questions.ts';

/** Chance that a window raises an alarm although nothing changed, over all its columns together. */
const ALARM = 0.001;
/** Differences that are no news, however many rows show them: a population stability index of about its square. */
const TOLERANCE = 0.05;
/** A share may be so many times that of the reference before it can be news. */
const SHARE = 1.25;
/** With fewer rows in a window a shape cannot be compared. */
const FEW = 30;

export interface CountedColumn {
  column: string;
  histogram: Watched['histogram'];
  misfits: number;
}

/**
 * What a window says of each column against its reference: missing values, values of another type, categories that were never seen, and the
 * shape of the rest. An alarm is a test at a level that all tests of the window share, so it does not depend on how many rows or
 * columns there are.
 */
export function judgeColumns(
  watched: readonly Watched[],
  { counted, unread }: { counted: readonly CountedColumn[]; unread: readonly Unread[] },
): Signal[] {
  const now = new Map(counted.map((one) => [one.column, one]));
  const failed = new Map(unread.map(({ column, problem }) => [column, problem]));
  const there = watched.filter(({ column }) => now.has(column) || failed.has(column));
  // Four of them at most for each column.
  const level = ALARM / Math.max(1, 4 * there.length);
  return there.flatMap((reference) => {
    const problem = failed.get(reference.column);
    if (problem !== undefined)
      return [
        {
          signal: 'drift' as const,
          column: reference.column,
          state: 'failed' as const,
          reason: problem,
          evidence: {},
        },
      ];
    const current = now.get(reference.column)!;
    return [
      missingOf(reference, current, level),
      ...misfitsOf(reference, current, level),
      ...unseenOf(reference, current, level),
      driftOf(reference, current, level),
    ];
  });
}

/** Whether so many of so many rows are more than the share of the reference explains. */
function more(
  signal: 'missing' | 'misfit' | 'unseen',
  column: string,
  [count, of]: readonly [number, number],
  [before, among]: readonly [number, number],
  level: number,
): Signal {
  // Half a row in the reference: what was never seen may still come once in a while.
  const chance = Math.min(1, (SHARE * (before + 0.5)) / (among + 1));
  const p = of === 0 ? 1 : 1 - binomialLower(count - 1, of, chance);
  const share = of === 0 ? 0 : count / of;
  const news = p < level;
  return {
    signal,
    column,
    value: share,
    state: of === 0 ? 'no_data' : news ? 'alert' : 'ok',
    reason: `${WORDS[signal]}: ${count} of ${of} rows (${percent(share)})${news ? `; in the reference ${percent(among === 0 ? 0 : before / among)}` : ''}`,
    evidence: { count, rows: of, reference_count: before, reference_rows: among, p, level },
  };
}

const WORDS = {
  missing: 'no value',
  misfit: 'values of another type than in the reference',
  unseen: 'categories that the reference never had',
} as const;

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

const missingOf = (
  { column, histogram: before }: Watched,
  { histogram, misfits }: CountedColumn,
  level: number,
) =>
  // What has another type is counted as missing there, and is a signal of its own.
  more(
    'missing',
    column,
    [missing(histogram) - misfits, rows(histogram)],
    [missing(before), rows(before)],
    level,
  );

function misfitsOf(
  { column, anchor }: Watched,
  { histogram, misfits }: CountedColumn,
  level: number,
): Signal[] {
  if (anchor.kind !== 'numeric') return [];
  return [more('misfit', column, [misfits, rows(histogram)], [0, anchor.rows], level)];
}

function unseenOf(
  { column, anchor, histogram: before }: Watched,
  { histogram }: CountedColumn,
  level: number,
): Signal[] {
  // Where the reference has more categories than are listed, the rest of them is in that bin, too.
  if (anchor.kind !== 'categories' || !anchor.complete) return [];
  const at = anchor.categories.length;
  return [
    more(
      'unseen',
      column,
      [histogram.counts[at]!, rows(histogram)],
      [before.counts[at]!, rows(before)],
      level,
    ),
  ];
}

function driftOf(
  { column, anchor, histogram: before }: Watched,
  { histogram }: CountedColumn,
  level: number,
): Signal {
  const [reference, current] = [present(before), present(histogram)];
  const binning = binningOf(anchor);
  const distance = psi(reference, current, { binning });
  const test = tolerantChiSquare(reference, current, { tolerance: TOLERANCE, binning });
  const evidence = {
    psi: distance.value,
    smoothing: distance.smoothing,
    test: test.name,
    tolerance: TOLERANCE,
    statistic: test.statistic,
    p: test.p,
    df: test.df,
    level,
    binning,
    reference_rows: test.n,
    rows: test.m,
    /** By bin, the last one of missing values. */
    counts: histogram.counts,
    reference_counts: before.counts,
  };
  const of = { signal: 'drift' as const, column, evidence };
  if (distance.value === null || test.m < FEW || test.n < FEW)
    return {
      ...of,
      state: 'no_data',
      reason: `${test.m < FEW ? test.m : test.n} ${test.m < FEW ? 'rows with a value' : 'rows of the reference with a value'} are too few to compare`,
    };
  const news = test.p !== null && test.p < level;
  return {
    ...of,
    value: distance.value,
    state: news ? 'alert' : 'ok',
    reason: `stability index ${distance.value.toPrecision(3)} on ${test.m} rows: ${
      news
        ? `as much comes by chance in ${chance(test.p!)} of windows`
        : 'within what chance and tolerance explain'
    }`,
  };
}

const chance = (p: number): string => (p < 1e-12 ? 'less than 1e-12' : p.toExponential(1));
