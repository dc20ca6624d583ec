import type { ReactElement } from 'react';
import type { Verdict } from '../../../src/validation/contract.ts';
import { formatNumber } from '../kit/format.ts';
import { goodSide, scaleOf, sidesOf, type Marked } from './range.ts';
import './evaluations.css';

const percent = (share: number) => `${(share * 100).toFixed(2)}%`;

/** A rule's value with its interval against its bound; the side on which the rule holds is shaded. */
export function RuleBar({
  rule,
}: {
  rule: {
    rule: string;
    verdict: Verdict;
    left?: number;
    right?: number;
    difference?: { value: number; low: number; high: number };
  };
}): ReactElement | null {
  const sides = sidesOf(rule);
  const at =
    sides && scaleOf([{ value: sides.left, low: sides.low, high: sides.high }, { value: sides.right }]);
  if (!sides || !at) return null;
  const { left, right, low, high } = sides;
  const good = goodSide(rule.rule);
  const words = `${formatNumber(left)}${low === undefined ? '' : `, between ${formatNumber(low)} and ${formatNumber(high!)}`}, against ${formatNumber(right)}`;
  return (
    <span className={`range range-${rule.verdict}`} role="img" aria-label={words}>
      <span className="range-track" />
      {good !== undefined && (
        <span
          className="range-good"
          style={
            good === 'above' ? { left: percent(at(right)), right: 0 } : { left: 0, width: percent(at(right)) }
          }
        />
      )}
      {low !== undefined && high !== undefined && (
        <span
          className="range-interval"
          style={{ left: percent(at(low)), width: percent(at(high) - at(low)) }}
        />
      )}
      <span className="range-bound" style={{ left: percent(at(right)) }} />
      <span className="range-point" style={{ left: percent(at(left)) }} />
    </span>
  );
}

export interface BarMark extends Marked {
  look: 'own' | 'champion' | 'baseline' | 'all';
}

/** Several values of one metric on one scale, each with its interval: told apart by shape and place, not by colour alone. */
export function IntervalBars({
  marks,
  label,
  among = marks,
}: {
  marks: readonly BarMark[];
  label: string;
  /** What the scale must hold, where several pictures share it. */
  among?: readonly Marked[];
}): ReactElement | null {
  const at = scaleOf(among);
  if (!at) return null;
  return (
    <span className="intervals" role="img" aria-label={label}>
      {marks.map(({ look, value, low, high }) =>
        Number.isFinite(value) ? (
          <span key={look} className={`interval interval-${look}`}>
            {low !== undefined && high !== undefined && (
              <span
                className="interval-line"
                style={{ left: percent(at(low)), width: percent(at(high) - at(low)) }}
              />
            )}
            <span className="interval-point" style={{ left: percent(at(value)) }} />
          </span>
        ) : null,
      )}
    </span>
  );
}
