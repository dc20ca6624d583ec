import type { Condition } from '../../rules/index.ts';
import type { RuleResult, Verdict } from '../contract.ts';
import { compare, type Outcome } from './compare.ts';
import type { Figures } from './compute.ts';
import { compareEach, eachOf } from './each-slice.ts';

/** Decides one rule; what it means is written in docs/decisions/gate-verdicts.md. */
export function decideRule(rule: string, condition: Condition, figures: Figures): RuleResult {
  const { verdict, reason, left, right, difference, rows, required, margin, slices } = decide(
    condition,
    figures,
  );
  return {
    rule,
    verdict: verdict ?? 'pass',
    ...(left === undefined ? {} : { left }),
    ...(right === undefined ? {} : { right }),
    ...(difference ? { difference } : {}),
    rows,
    ...(required === undefined ? {} : { required_rows: required }),
    ...(margin === undefined ? {} : { margin }),
    reason,
    ...(slices ? { slices } : {}),
  };
}

function decide(node: Condition, figures: Figures): Outcome {
  switch (node.kind) {
    case 'compare': {
      const each = eachOf(node);
      if (each) return compareEach(node, each, figures);
      const { wants, ...outcome } = compare(node, figures);
      return wants === undefined ? outcome : { ...outcome, reason: `${outcome.reason}; ${wants}` };
    }
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
