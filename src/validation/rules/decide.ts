import type { RuleResult, Verdict } from '../contract.ts';
import { t95, Z80, Z95, type Estimate } from '../metrics/estimate.ts';
import type { Structure } from '../metrics/dependence.ts';
import { METRICS, type Comparator, type Condition, type Expression, type Name } from '../../rules/index.ts';
import { widthOf } from '../metrics/widen.ts';

/** What a name stands for: a figure, the reason why there is none, or a champion that is not there or no other one. */
export type Found = Estimate | { missing: string } | 'no champion' | 'champion itself';

/** What a rule about the champion says where there is none to compare with: it decides nothing. */
export const NO_CHAMPION = 'no champion yet: there is nothing to compare with';
export const CHAMPION_ITSELF = 'it is the champion itself: there is nothing to compare with';

/** Where the rules look names up. */
export interface Figures {
  find(name: Name): Found;
  /** Rows of the gate's data. */
  rows: number;
  /** Which of them belong together; nothing where they are independent. */
  structures?: readonly Structure[];
}

/** How far a metric between fixed bounds must lie from a bound to matter; of other metrics this share of the bound. */
export const MATTERS = 0.01;

interface Outcome {
  /** Undefined: it says nothing, because there is no other champion to compare with. */
  verdict: Verdict | undefined;
  reason: string;
  left?: number;
  right?: number;
  difference?: { value: number; low: number; high: number };
  rows: number;
  required?: number;
}

/** Decides one rule; what it means is written in docs/decisions/gate-verdicts.md. */
export function decideRule(rule: string, condition: Condition, figures: Figures): RuleResult {
  const { verdict, reason, left, right, difference, rows, required } = decide(condition, figures);
  return {
    rule,
    verdict: verdict ?? 'pass',
    ...(left === undefined ? {} : { left }),
    ...(right === undefined ? {} : { right }),
    ...(difference ? { difference } : {}),
    rows,
    ...(required === undefined ? {} : { required_rows: required }),
    reason,
  };
}

function decide(node: Condition, figures: Figures): Outcome {
  switch (node.kind) {
    case 'compare':
      return compare(node, figures);
    case 'not': {
      const of = decide(node.of, figures);
      const turned = of.verdict === 'pass' ? 'fail' : of.verdict === 'fail' ? 'pass' : of.verdict;
      // A missing value fails whatever is asked of it.
      const missing = of.verdict === 'fail' && of.left === undefined && of.right === undefined;
      return { ...of, verdict: missing ? 'fail' : turned, reason: missing ? of.reason : `not: ${of.reason}` };
    }
    default: {
      const parts = [decide(node.left, figures), decide(node.right, figures)];
      const saying = parts.filter(({ verdict }) => verdict !== undefined);
      // A part without a champion says nothing, so that it cannot carry an `or` alone.
      if (saying.length < 2) return saying[0] ?? parts[0]!;
      const strong: Verdict = node.kind === 'and' ? 'fail' : 'pass';
      const deciding =
        saying.find(({ verdict }) => verdict === strong) ??
        saying.find(({ verdict }) => verdict === 'inconclusive');
      if (deciding) return deciding;
      return { ...saying[0]!, reason: saying.map(({ reason }) => reason).join('; ') };
    }
  }
}

/** A number with its slope by each figure that it is made of. */
interface Linear {
  value: number;
  of: Array<{ estimate: Estimate; name: Name; slope: number }>;
}

class Missing extends Error {}
class NoChampion extends Error {
  readonly why: string;
  constructor(why: string) {
    super(why);
    this.why = why;
  }
}

function compute(node: Expression, figures: Figures): Linear {
  switch (node.kind) {
    case 'number':
      return { value: node.value, of: [] };
    case 'figure':
    case 'fact': {
      const found = figures.find(node);
      if (found === 'no champion') throw new NoChampion(NO_CHAMPION);
      if (found === 'champion itself') throw new NoChampion(CHAMPION_ITSELF);
      if ('missing' in found) throw new Missing(`${node.text} is missing: ${found.missing}`);
      return { value: found.value, of: [{ estimate: found, name: node, slope: 1 }] };
    }
    case 'negative':
      return scale(compute(node.of, figures), -1);
    case 'arithmetic': {
      const left = compute(node.left, figures);
      const right = compute(node.right, figures);
      switch (node.op) {
        case '+':
          return join(left.value + right.value, left, 1, right, 1);
        case '-':
          return join(left.value - right.value, left, 1, right, -1);
        case '*':
          return join(left.value * right.value, left, right.value, right, left.value);
        case '/':
          if (right.value === 0) throw new Missing('it divides by 0');
          return join(left.value / right.value, left, 1 / right.value, right, -left.value / right.value ** 2);
      }
    }
  }
}

const scale = ({ value, of }: Linear, factor: number): Linear => ({
  value: value * factor,
  of: of.map((one) => ({ ...one, slope: one.slope * factor })),
});
const join = (value: number, a: Linear, slopeA: number, b: Linear, slopeB: number): Linear => ({
  value,
  of: [
    ...a.of.map((one) => ({ ...one, slope: one.slope * slopeA })),
    ...b.of.map((one) => ({ ...one, slope: one.slope * slopeB })),
  ],
});

function compare(node: Condition & { kind: 'compare' }, figures: Figures): Outcome {
  let left: Linear;
  let right: Linear;
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
    [left, right] = [first, second];
  } catch (error) {
    if (error instanceof Missing) return { verdict: 'fail', reason: error.message, rows: figures.rows };
    throw error;
  }
  const outcome = { left: left.value, right: right.value, rows: figures.rows };
  if (!Number.isFinite(left.value) || !Number.isFinite(right.value))
    return {
      verdict: 'fail',
      reason: `${node.text} is no number: it is too large or undefined`,
      rows: figures.rows,
    };
  const holds = holding(node.op, left.value, right.value);
  const said = `${node.text}: ${say(left.value)} ${holds ? 'is' : 'is not'} ${WORDS[node.op]} ${say(right.value)}`;
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
  const { low, high } = intervalOf(gap.value, sampled, figures, rows);
  if (!Number.isFinite(low) || !Number.isFinite(high))
    return {
      ...outcome,
      rows,
      verdict: 'inconclusive',
      reason: `${node.text}: ${say(left.value)} against ${say(right.value)}, and ${count(rows)} do not tell how sure that is`,
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
      reason: `${node.text}: ${say(left.value)} against ${say(right.value)}, and all of ${
        units === rows ? count(rows) : `${units} that belong together`
      } came out alike: so few say nothing about others`,
    };
  const difference = { value: gap.value, low, high };
  const error = (high - low) / (2 * Z95);
  const versus = sampled.some(({ name }) => name.kind === 'figure' && name.of === 'champion');
  const matters = mattering(sampled, left.value, right.value);
  const needed = (effect: number): number | undefined => {
    const need = rows * (((Z95 + Z80) * error) / effect) ** 2;
    return Number.isFinite(need) ? Math.max(1, Math.ceil(Math.min(need, 1e12))) : undefined;
  };
  // Against a champion the margin is part of the rule, and any difference past it matters.
  const required = needed(Math.max(Math.abs(gap.value), versus ? matters / 10 : matters));
  const shared = { ...outcome, rows, difference, ...(required === undefined ? {} : { required }) };
  const up = node.op === '>' || node.op === '>=';
  const surely = up
    ? low > 0 || (node.op === '>=' && low === 0)
    : high < 0 || (node.op === '<=' && high === 0);
  const never = up
    ? high < 0 || (node.op === '>' && high === 0 && low === 0)
    : low > 0 || (node.op === '<' && low === 0 && high === 0);
  const between = `difference ${say(gap.value)}, 95 % interval ${say(low)} to ${say(high)}`;
  if (surely) return { ...shared, verdict: 'pass', reason: `${said} (${between})` };
  if (never) return { ...shared, verdict: 'fail', reason: `${said} (${between})` };
  const enough = needed(matters);
  if (!versus && enough !== undefined && rows >= enough) {
    return {
      ...shared,
      verdict: holds ? 'pass' : 'fail',
      reason: `${said}; by less than ${say(matters)}, on rows enough to see that much (${between})`,
    };
  }
  return {
    ...shared,
    verdict: 'inconclusive',
    reason: `${node.text}: ${say(left.value)} against ${say(right.value)} on ${count(rows)} decides neither way (${between})${
      required === undefined ? '' : `; about ${count(required)} would decide it`
    }`,
  };
}

/**
 * Rows that all contribute the same have no spread to make an interval of. After this many the rule of three says that at most one in
 * twenty of the others is of another kind (3/n, 95 %; Hanley and Lippman-Hand 1983).
 */
const ALIKE = 60;

/** Other rows would have given another value. */
const isSampled = ({ spread, low, high }: Estimate): boolean =>
  spread !== undefined || (low !== undefined && high !== undefined && low < high);

/** A metric of so few rows that it has no interval at all. */
const isUnsure = ({ n, low }: Estimate, name: Name): boolean =>
  name.kind === 'figure' && Object.hasOwn(METRICS, name.name) && low === undefined && n < 10;

/** The 95 % interval of left minus right. */
function intervalOf(
  value: number,
  sampled: Linear['of'],
  { rows: all, structures = [] }: Figures,
  rows: number,
): { low: number; high: number } {
  const [one] = sampled;
  // One figure alone: its own interval, which is better than a normal one near the ends of its range.
  if (sampled.length === 1 && one && one.estimate.low !== undefined && one.estimate.high !== undefined) {
    const ends = [
      value + one.slope * (one.estimate.low - one.estimate.value),
      value + one.slope * (one.estimate.high - one.estimate.value),
    ];
    return { low: Math.min(...ends), high: Math.max(...ends) };
  }
  // All of them row by row, so that what two models have in common cancels.
  const each = new Float64Array(all);
  let counts = 0;
  for (const { estimate, slope } of sampled) {
    estimate.spread?.add(each, slope);
    if (estimate.spread?.counts) counts = Math.max(counts, Math.abs(slope));
  }
  const width = widthOf(each, rows - 1, structures);
  // Bonett and Price: two more rows, one each way, so that a few equal answers do not prove two models equal.
  const unseen = t95(Math.max(1, rows - 1)) * Math.SQRT2 * (counts / (rows / width.effect + 2));
  const half = Math.hypot(width.half, unseen);
  return { low: value - half, high: value + half };
}

/** The smallest difference that matters, in the units of the rule. */
function mattering(sampled: Linear['of'], left: number, right: number): number {
  const bounded = sampled.every(({ name }) => name.kind === 'figure' && METRICS[name.name]?.bounded === true);
  if (bounded) return MATTERS * Math.max(...sampled.map(({ slope }) => Math.abs(slope)));
  return MATTERS * Math.max(Math.abs(left), Math.abs(right));
}

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

const count = (rows: number): string => `${rows.toLocaleString('en')} row${rows === 1 ? '' : 's'}`;

/** Five digits, and no exponent where people do not expect one. */
export function say(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-4)
    return String(Number(value.toPrecision(3)).toExponential()).replace('e+', 'e');
  return String(Number(value.toPrecision(size >= 1e5 ? 15 : 4)));
}
