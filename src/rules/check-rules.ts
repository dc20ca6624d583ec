import { invalid } from '../platform/errors/index.ts';
import { RuleFault } from './fault.ts';
import { parseRule, type Condition } from './parse.ts';

export interface RuleProblem {
  /** Which rule, from 0. */
  rule: number;
  message: string;
  /** Character in it, from 0. */
  at?: number;
  hint?: string;
}

/** What is wrong with rules, without running them. */
export function checkRules(rules: readonly string[]): RuleProblem[] {
  return rules.flatMap((rule, index) => {
    const { problem } = read(rule);
    return problem ? [{ rule: index, ...problem }] : [];
  });
}

/** The rules, read; an error that names the first wrong one. */
export function readRules(rules: readonly string[]): Array<{ rule: string; condition: Condition }> {
  return rules.map((rule, index) => {
    const { condition, problem } = read(rule);
    if (condition) return { rule, condition };
    const where = problem?.at === undefined ? '' : ` (character ${problem.at + 1} of '${shortened(rule)}')`;
    throw invalid(`rule ${index + 1}: ${problem?.message ?? ''}${where}`, {
      field: `rules[${index}]`,
      ...(problem?.hint === undefined ? {} : { hint: problem.hint }),
    });
  });
}

function read(rule: string): { condition?: Condition; problem?: Omit<RuleProblem, 'rule'> } {
  try {
    return { condition: parseRule(rule) };
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    const { message, at, hint } = error;
    return { problem: { message, at, ...(hint === undefined ? {} : { hint }) } };
  }
}

const shortened = (rule: string): string => (rule.length > 80 ? `${rule.slice(0, 79)}…` : rule);
