import { ruleOf, type HeldRules } from '../../serving/index.ts';
import type { Signal } from '../contract.ts';
import { sourceOf } from '../kinds/names.ts';
import { moment } from '../../platform/words/index.ts';

/** Whether nothing can be said of a column of the log, since not all of its values in the window are there in one form. */
export function isUnrecorded(rules: Pick<HeldRules, 'columns'>, column: string): boolean {
  const rule = ruleOf(rules, sourceOf(column))?.rule;
  return rule === 'drop' || rule === 'mixed';
}

/** What a window says of such columns: neither that they are well, nor that anything is wrong with them. */
export const unrecordedSignals = ({ columns }: HeldRules, ignored: readonly string[]): Signal[] =>
  [...columns].flatMap(([column, { rule, since }]): Signal[] =>
    !column.startsWith('in_') || ignored.includes(column) || (rule !== 'drop' && rule !== 'mixed')
      ? []
      : [
          {
            signal: 'drift',
            column,
            state: 'not_recorded',
            reason:
              rule === 'drop'
                ? 'not recorded: the endpoint drops its values'
                : `not recorded in one form: that was changed in the window, at ${moment(since)}`,
            evidence: { rule },
          },
        ],
  );
