import type { Comparator, Condition } from '../../rules/index.ts';
import { studentTail } from '../../platform/mathematics/index.ts';
import type { SliceResult, Verdict } from '../contract.ts';
import { t95, Z80, Z95 } from '../metrics/estimate.ts';
import { compute, join, Missing, NoChampion, type Figures, type Linear } from './compute.ts';
import { intervalOf, isSampled, isUnsure, mattering, type Interval } from './interval.ts';
import { marginOf, type Margin } from './margin.ts';
import { count, say } from './say.ts';

export interface Outcome {
  /** Undefined: it says nothing, because there is no other champion to compare with. */
  verdict: Verdict | undefined;
  reason: string;
  left?: number;
  right?: number;
  difference?: { value: number; low: number; high: number };
  rows: number;
  required?: number;
  /** What would decide it, in words. */
  wants?: string;
  margin?: number;
  /** How likely such rows are, at most, if the rule did not hold, and if it did: where an interval decided. */
  chance?: { unless: number; if: number };
  slices?: SliceResult[];
}

type Comparison = Condition & { kind: 'compare' };

/** Decides one comparison; what it means is written in docs/decisions/gate-verdicts.md. */
export function compare(node: Comparison, figures: Figures): Outcome {
  const sides = sidesOf(node, figures);
  if ('reason' in sides) return sides;
  const { left, right } = sides;
  const outcome = { left: left.value, right: right.value, rows: figures.rows };
  if (!Number.isFinite(left.value) || !Number.isFinite(right.value))
    return {
      verdict: 'fail',
      reason: `${node.text} is no number: it is too large or undefined`,
      rows: figures.rows,
    };
  const holds = holding(node.op, left.value, right.value);
  const said = `${node.text}: ${say(left.value)} ${holds ? 'is' : 'is not'} ${WORDS[node.op]} ${say(right.value)}`;
  const against = `${node.text}: ${say(left.value)} against ${say(right.value)}`;
  const gap = join(left.value - right.value, left, 1, right, -1);
  const open = gap.of.find(({ estimate, name }) => isUnsure(estimate, name));
  if (open)
    return {
      ...outcome,
      rows: open.estimate.n,
      verdict: 'inconclusive',
      reason: `${node.text}: ${open.name.text} of ${count(open.estimate.n)} says nothing about others`,
    };
  const sampled = gap.of.filter(({ estimate, slope }) => slope !== 0 && isSampled(estimate));
  if (sampled.length === 0 || node.op === '==' || node.op === '!=')
    return { ...outcome, verdict: holds ? 'pass' : 'fail', reason: said };

  const rows = Math.min(figures.rows, ...sampled.map(({ estimate }) => estimate.n));
  const interval = intervalOf(gap.value, sampled, figures, rows);
  const { low, high } = interval;
  if (!Number.isFinite(low) || !Number.isFinite(high))
    return {
      ...outcome,
      rows,
      verdict: 'inconclusive',
      reason: `${against}, and ${count(rows)} do not tell how sure that is`,
    };
  const units = Math.min(
    rows,
    ...(figures.structures ?? []).filter(({ declared }) => declared).map((one) => one.units),
  );
  if (low === high && units < ALIKE)
    return {
      ...outcome,
      rows,
      verdict: 'inconclusive',
      ...(units === rows ? { required: ALIKE } : {}),
      reason: `${against}, and all of ${
        units === rows ? count(rows) : `${units} that belong together`
      } came out alike: so few say nothing about others`,
    };
  return byInterval(node, figures, { outcome: { ...outcome, rows }, holds, said, gap, sampled, interval });
}

/** Both sides, or what is said where one has no value. */
function sidesOf(node: Comparison, figures: Figures): { left: Linear; right: Linear } | Outcome {
  try {
    // Both sides are looked at before a missing champion excuses the rule: another missing value still fails it.
    const sides = [node.left, node.right].map((side) => {
      try {
        return compute(side, figures);
      } catch (error) {
        if (error instanceof NoChampion) return error;
        throw error;
      }
    });
    const [first, second] = sides as [Linear | NoChampion, Linear | NoChampion];
    if (first instanceof NoChampion || second instanceof NoChampion) {
      const reason = first instanceof NoChampion ? first.why : (second as NoChampion).why;
      return { verdict: undefined, reason, rows: figures.rows };
    }
    return { left: first, right: second };
  } catch (error) {
    if (error instanceof Missing) return { verdict: 'fail', reason: error.message, rows: figures.rows };
    throw error;
  }
}

interface Sure {
  outcome: { left: number; right: number; rows: number };
  holds: boolean;
  said: string;
  gap: Linear;
  sampled: Linear['of'];
  interval: Interval;
}

function byInterval(
  node: Comparison,
  figures: Figures,
  { outcome, holds, said, gap, sampled, interval }: Sure,
): Outcome {
  const { low, high } = interval;
  const { rows } = outcome;
  const error = (high - low) / (2 * Z95);
  const versus = sampled.some(({ name }) => name.kind === 'figure' && name.of === 'champion');
  const margin = marginOf(node, sampled, figures);
  const matters = mattering(sampled, outcome.left, outcome.right);
  const needed = (effect: number): number | undefined => {
    const need = rows * (((Z95 + Z80) * error) / effect) ** 2;
    return Number.isFinite(need) ? Math.max(1, Math.ceil(Math.min(need, 1e12))) : undefined;
  };
  // With a margin the question is how many rows would show it of an equal; else any difference from the champion matters.
  const required = needed(
    margin ? Math.abs(margin.gap) : Math.max(Math.abs(gap.value), versus ? matters / 10 : matters),
  );
  const up = node.op === '>' || node.op === '>=';
  const shared = {
    ...outcome,
    difference: { value: gap.value, low, high },
    ...(required === undefined ? {} : { required }),
    ...(margin ? { margin: margin.value } : {}),
    chance: chanceOf(up ? gap.value : -gap.value, interval),
  };
  const surely = up
    ? low > 0 || (node.op === '>=' && low === 0)
    : high < 0 || (node.op === '<=' && high === 0);
  const never = up
    ? high < 0 || (node.op === '>' && high === 0 && low === 0)
    : low > 0 || (node.op === '<' && low === 0 && high === 0);
  const between = margin
    ? fromChampion(margin, shared.difference)
    : `difference ${say(gap.value)}, 95 % interval ${say(low)} to ${say(high)}`;
  const beside = margin
    ? `${node.text}: ${WORDS_OF_MARGIN[surely ? 'pass' : 'fail']} ${say(margin.value)}`
    : said;
  if (surely && (!margin || required === undefined || rows >= required || shared.chance.unless <= BY_LUCK))
    return { ...shared, verdict: 'pass', reason: `${beside} (${between})` };
  if (never) return { ...shared, verdict: 'fail', reason: `${beside} (${between})` };
  if (surely)
    return {
      ...shared,
      verdict: 'inconclusive',
      reason: `${beside} would be said (${between}) but for ${count(rows)} that do not tell such a margin: there only a chance of ${BY_LUCK} is let pass, and it is ${say(shared.chance.unless)}`,
      wants: wanting(rows, required!, margin),
    };
  const enough = needed(matters);
  if (!versus && enough !== undefined && rows >= enough) {
    const { chance: _decidedByValue, ...rest } = shared;
    return {
      ...rest,
      verdict: holds ? 'pass' : 'fail',
      reason: `${said}; by less than ${say(matters)}, on rows enough to see that much (${between})`,
    };
  }
  return {
    ...shared,
    verdict: 'inconclusive',
    reason: `${node.text}: ${say(outcome.left)} against ${say(outcome.right)} on ${count(rows)} decides neither way (${between})`,
    ...(required === undefined ? {} : { wants: wanting(rows, required, margin) }),
  };
}

const WORDS_OF_MARGIN = {
  pass: 'not worse than the champion by more than',
  fail: 'worse than the champion by more than',
} as const;

/** What would decide it. */
function wanting(rows: number, required: number, margin: Margin | undefined): string {
  if (!margin) return `about ${count(required)} would decide it`;
  return rows < required
    ? `about ${count(required)} would show that an equally good candidate is not worse by more than ${say(margin.value)}`
    : `${count(rows)} are enough to show that of an equally good candidate (about ${required.toLocaleString('en')} are), and this one is too near to the margin of ${say(margin.value)}`;
}

/** The same difference as people ask for it: the candidate less the champion, without the margin. */
function fromChampion(
  { gap, slope }: Margin,
  { value, low, high }: NonNullable<Outcome['difference']>,
): string {
  const [one, a, b] = [value, low, high].map((end) => (end - gap) / slope) as [number, number, number];
  return `candidate less champion ${say(one)}, 95 % interval ${say(Math.min(a, b))} to ${say(Math.max(a, b))}`;
}

/** Read off the interval, so that a figure's own interval counts as it is. */
function chanceOf(gap: number, { low, high, df }: Interval): { unless: number; if: number } {
  const half = (high - low) / 2;
  if (half === 0) return { unless: Number(gap < 0), if: Number(gap > 0) };
  const t = (t95(Math.max(1, df)) * gap) / half;
  return { unless: studentTail(t, Math.max(1, df)), if: studentTail(-t, Math.max(1, df)) };
}

/**
 * On fewer rows than tell the margin, what passes at 2.5 % passes by luck: a candidate that is as much worse as the margin allows twice would, too. There
 * the chance is a fifth of it.
 */
const BY_LUCK = 0.005;

/**
 * Rows that all contribute the same have no spread to make an interval of. After this many the rule of three says that at most one in
 * twenty of the others is of another kind (3/n, 95 %; Hanley and Lippman-Hand 1983).
 */
const ALIKE = 60;

function holding(op: Comparator, left: number, right: number): boolean {
  switch (op) {
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '==':
      return left === right;
    case '!=':
      return left !== right;
  }
}

const WORDS: Readonly<Record<Comparator, string>> = {
  '>': 'above',
  '>=': 'at least',
  '<': 'below',
  '<=': 'at most',
  '==': 'equal to',
  '!=': 'different from',
};
