import type { ReactElement } from 'react';
import type { RuleResult } from '../../../src/validation/contract.ts';
import { formatCount, formatNumber, plural } from '../kit/format.ts';
import { reasonWords } from './metric-words.ts';
import { RuleBar } from './range-bar.tsx';
import { RuleSlices } from './rule-slices.tsx';
import { VerdictChip } from './verdict.tsx';

/** Every rule of the gate with what it came to. */
export function Rules({
  rules,
  asked,
}: {
  rules: readonly RuleResult[];
  /** Those that somebody wrote; the others always hold. */
  asked: readonly string[];
}): ReactElement {
  if (rules.length === 0) {
    return <p className="muted">No rule was given: what decides is the proof that its rows are unseen.</p>;
  }
  return (
    <ul className="rules">
      {rules.map((rule, i) => (
        <li key={i} className="rule">
          <VerdictChip verdict={rule.verdict} />
          <div className="rule-words">
            <code>{rule.rule}</code>
            {!asked.includes(rule.rule) && (
              <span className="faint rule-always">
                {rule.by_default ? 'by default: the gate names no rules' : 'always checked'}
              </span>
            )}
            <p className="muted">{reasonWords(rule)}</p>
            {rule.slices && <RuleSlices slices={rule.slices} />}
          </div>
          <div className="rule-figures">
            <RuleBar rule={rule} />
            <p className="rule-values">
              {rule.left !== undefined && <strong>{formatNumber(rule.left)}</strong>}
              {rule.right !== undefined && <span className="muted"> against {formatNumber(rule.right)}</span>}
              {rule.difference && (
                <span className="faint" title="Left minus right, with its 95 % interval">
                  {' '}
                  · difference {formatNumber(rule.difference.value, 3)} (
                  {formatNumber(rule.difference.low, 3)} to {formatNumber(rule.difference.high, 3)})
                </span>
              )}
            </p>
            <Rows rule={rule} />
          </div>
        </li>
      ))}
    </ul>
  );
}

/** How many rows it was decided on, and how many it would take. */
function Rows({ rule: { rows, required_rows, verdict, margin } }: { rule: RuleResult }): ReactElement | null {
  if (rows === 0 && required_rows === undefined) return null;
  const short = required_rows !== undefined && required_rows > rows && verdict === 'inconclusive';
  return (
    <p className={short ? 'rule-short' : 'faint'}>
      on {plural(rows, 'row')}
      {required_rows !== undefined && (
        <>
          ; {formatCount(required_rows)} {margin === undefined ? 'would decide' : 'tell the margin'}
        </>
      )}
      {margin !== undefined && <>; margin {formatNumber(margin, 3)}</>}
    </p>
  );
}
