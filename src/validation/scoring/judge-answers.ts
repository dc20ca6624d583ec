import { METRICS, namesIn, parseRule, type Condition } from '../../rules/index.ts';
import type { Dependence, RuleResult } from '../contract.ts';
import type { Structure } from '../metrics/dependence.ts';
import { widened } from '../metrics/widen.ts';
import { decideRule } from '../rules/decide.ts';
import { defaultRule } from '../rules/default-rule.ts';
import type { Column } from './column.ts';
import { measureDependence } from './dependence.ts';
import { figuresOf, type Side, type Sides } from './figures.ts';
import type { Label } from './label.ts';
import { baselineOf, mainMetric, measure } from './measure.ts';
import type { Table } from './read-table.ts';

/** What two models answered, and what is asked of it. */
interface Answered {
  label: Label;
  own: Side;
  other: Sides['champion'];
  /** Undefined: the gate names none, so it asks what every gate asks. */
  rules: ReadonlyArray<{ rule: string; condition: Condition }> | undefined;
  along: readonly Structure[];
  table: Pick<Table, 'rows' | 'columns'>;
  columns: ReadonlyMap<string, Column>;
}

interface Judged {
  decided: RuleResult[];
  dependence: Dependence[];
  counting: readonly Structure[];
  /** With intervals as wide as rows that go together make them. */
  sides: Sides;
  /** Kind of the baseline. */
  baseline: string;
}

/** Decides every rule by the answers alone. */
export function judgeAnswers({ label, own, other, rules, along, table, columns }: Answered): Judged {
  const main = mainMetric(label.task, own.metrics);
  const byDefault =
    rules === undefined && other !== undefined && other !== 'itself' ? defaultRule(main) : undefined;
  const named = (rules ?? []).flatMap(({ condition }) => [...namesIn(condition)].map(({ name }) => name));
  const { counting, dependence } = measureDependence(
    along,
    label.task,
    byDefault === undefined ? named : [main],
    { candidate: own.metrics, champion: isScored(other) ? other.metrics : undefined },
    table.rows,
  );
  const wide = <T extends Side>(side: T): T => ({
    ...side,
    metrics: widened(side.metrics, counting, table.rows),
  });
  const { kind, answers } = baselineOf(label);
  const sides: Sides = {
    candidate: wide(own),
    champion: isScored(other) ? wide(other) : other,
    baseline: wide({ answers, metrics: measure(label, answers).metrics }),
  };
  const figures = figuresOf(label, sides, table, columns, counting);
  const decided: RuleResult[] = (rules ?? []).map(({ rule, condition }) =>
    decideRule(rule, condition, figures),
  );
  if (byDefault !== undefined)
    decided.push({ ...decideRule(byDefault, parseRule(byDefault), figures), by_default: true });
  for (const rule of builtIn(main))
    if (!decided.some((one) => one.rule === rule))
      decided.push({ ...decideRule(rule, parseRule(rule), figures), always: true });
  return { decided, dependence, counting, sides, baseline: kind };
}

/** Always asked, whatever the rules say: better than knowing nothing, and the same row by row as in one batch. */
const builtIn = (main: string): string[] => [
  `${main} ${METRICS[main]?.better === 'lower' ? '<' : '>'} baseline.${main}`,
  'online_difference <= 1e-6',
];

export const isScored = (side: Sides['champion']): side is Side =>
  typeof side === 'object' && 'answers' in side;
