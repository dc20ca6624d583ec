import { namesIn, type Condition, type Each, type Expression, type Name } from '../../rules/index.ts';
import { normalTail } from '../../platform/mathematics/index.ts';
import type { SliceResult, Verdict } from '../contract.ts';
import { Z80, Z95 } from '../metrics/estimate.ts';
import { compare, type Outcome } from './compare.ts';
import type { Figures } from './compute.ts';
import { count } from './say.ts';

type Comparison = Condition & { kind: 'compare' };

/** More are named in no sentence and shown on no page. */
const MOST = 200;
/** The chance that any of the slices is called wrongly, each way: the same as of a rule alone. */
const ALPHA = 0.025;

/** The column that a comparison goes through, if it does. */
export function eachOf(node: Comparison): Each | undefined {
  for (const name of namesIn(node)) if (name.kind === 'figure' && name.each) return name.each;
  return undefined;
}

interface Part extends SliceResult {
  outcome: Outcome;
}

/**
 * The comparison in each slice. It passes where every slice is shown to hold and fails where one is shown not to, both after Holm's
 * correction for their number: among forty slices one would stand out by chance. Else it is inconclusive.
 */
export function compareEach(node: Comparison, each: Each, figures: Figures): Outcome {
  const found = figures.values(each);
  const unknown = (verdict: Verdict, reason: string): Outcome => ({ verdict, reason, rows: figures.rows });
  if ('missing' in found) return unknown('fail', found.missing);
  const { values, least, small } = found;
  if (values.length === 0)
    return unknown('inconclusive', `${node.text}: no value of ${each.column} has ${count(least)}`);
  if (values.length > MOST)
    return unknown(
      'inconclusive',
      `${node.text}: ${values.length} values of ${each.column} have ${count(least)} or more, and at most ${MOST} are judged: ask for more rows, slice(${each.column}, rows >= …)`,
    );
  const parts: Part[] = [];
  for (const { value, rows } of values) {
    const outcome = compare(bound(node, each.column, value), figures);
    if (outcome.verdict === undefined) return outcome;
    const { left, right, difference } = outcome;
    parts.push({
      value,
      rows,
      // A slice without the metric (of one class alone) is not known to be bad.
      verdict: outcome.verdict === 'fail' && left === undefined ? 'inconclusive' : outcome.verdict,
      ...(left === undefined ? {} : { left }),
      ...(right === undefined ? {} : { right }),
      ...(difference ? { difference } : {}),
      outcome,
    });
  }
  correct(parts);
  return summed(node, each, figures.rows, parts, { least, small });
}

/** Holm, each way: the smallest chance against the number of slices, the next against one less, until one is too large. */
function correct(parts: readonly Part[]): void {
  const tested = parts.filter(({ outcome }) => outcome.chance !== undefined);
  for (const part of tested) part.verdict = 'inconclusive';
  for (const [verdict, of] of [
    ['pass', 'unless'],
    ['fail', 'if'],
  ] as const) {
    const sorted = tested.toSorted((a, b) => a.outcome.chance![of] - b.outcome.chance![of]);
    for (const [i, part] of sorted.entries()) {
      if (part.outcome.chance![of] > ALPHA / (sorted.length - i)) break;
      part.verdict = verdict;
    }
  }
  const times = ((quantile(ALPHA / Math.max(1, tested.length)) + Z80) / (Z95 + Z80)) ** 2;
  for (const { outcome } of tested)
    if (outcome.required !== undefined) outcome.required = Math.ceil(outcome.required * times);
}

function summed(
  node: Comparison,
  { column }: Each,
  all: number,
  parts: readonly Part[],
  { least, small }: { least: number; small: number },
): Outcome {
  const of = (verdict: Verdict): Part[] => parts.filter((part) => part.verdict === verdict);
  const [bad, open] = [of('fail'), of('inconclusive')];
  const verdict = bad.length > 0 ? 'fail' : open.length > 0 ? 'inconclusive' : 'pass';
  const doubt = (part: Part): number => part.outcome.chance?.unless ?? 1;
  const worst = (bad.length > 0 ? bad : open.length > 0 ? open : parts).toSorted(
    (a, b) => doubt(b) - doubt(a),
  )[0]!;
  // As many of the gate's rows as bring the slice that lacks most to its number.
  const wanted = open.flatMap(({ outcome, rows }) =>
    outcome.required === undefined || outcome.required <= rows
      ? []
      : Math.ceil((outcome.required / rows) * all),
  );
  const required = wanted.length > 0 ? Math.max(...wanted) : undefined;
  const { left, right, difference, margin } = worst.outcome;
  const slices = (n: number): string => `${n} of ${parts.length} slices`;
  const said =
    verdict === 'fail'
      ? `${slices(bad.length)} of ${column} ${bad.length === 1 ? 'does' : 'do'} not hold, also after Holm’s correction for their number`
      : verdict === 'inconclusive'
        ? `${slices(open.length)} of ${column} ${open.length === 1 ? 'is' : 'are'} neither shown to hold nor not to, after Holm’s correction for their number`
        : `all ${parts.length} slices of ${column} hold, also after Holm’s correction for their number`;
  return {
    verdict,
    reason: [
      `${node.text}: ${said}`,
      `the ${verdict === 'pass' ? 'nearest' : 'worst'}${worst.verdict === worst.outcome.verdict ? '' : ' by itself'}: ${worst.outcome.reason}`,
      ...(required === undefined
        ? []
        : [`about ${count(required)} like these would decide the slice that lacks most`]),
      ...(small === 0
        ? []
        : [
            `${small} more value${small === 1 ? ' has' : 's have'} fewer than ${count(least)} and ${small === 1 ? 'was' : 'were'} not judged`,
          ]),
    ].join('; '),
    ...(left === undefined ? {} : { left }),
    ...(right === undefined ? {} : { right }),
    ...(difference ? { difference } : {}),
    rows: all,
    ...(required === undefined ? {} : { required }),
    ...(margin === undefined ? {} : { margin }),
    slices: parts.map(({ outcome, ...part }) => ({
      ...part,
      ...(outcome.required === undefined ? {} : { required_rows: outcome.required }),
    })),
  };
}

/** The z that a standard normal exceeds with this chance. */
function quantile(chance: number): number {
  let [low, high] = [0, 40];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > chance) low = middle;
    else high = middle;
  }
  return low;
}

/** The comparison with one value in place of each. */
function bound(node: Comparison, column: string, value: string): Comparison {
  const name = (one: Name): Name => {
    if (one.kind === 'fact' || !one.each) return one;
    const { each: _each, ...rest } = one;
    return { ...rest, slice: { column, value }, text: `${one.name} of ${column} = ${value}` };
  };
  const within = (part: Expression): Expression => {
    switch (part.kind) {
      case 'number':
        return part;
      case 'negative':
        return { ...part, of: within(part.of) };
      case 'arithmetic':
        return { ...part, left: within(part.left), right: within(part.right) };
      default:
        return name(part);
    }
  };
  return { ...node, left: within(node.left), right: within(node.right), text: `${column} = ${value}` };
}
