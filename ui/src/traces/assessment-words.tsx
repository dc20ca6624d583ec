import type { ReactElement } from 'react';
import type { Assessment } from '../../../src/traces/contract.ts';
import { Badge, type Tone } from '../kit/badge.tsx';

/** Good news and bad news look so where the value says it. */
export function toneOf({ kind, value, error }: Assessment): Tone {
  if (error) return 'warn';
  if (kind === 'expectation') return 'accent';
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === true || word === 'yes' || word === 'pass' || word === 'good') return 'good';
  if (word === false || word === 'no' || word === 'fail' || word === 'bad') return 'bad';
  return 'neutral';
}

export function shortValue({ value, error }: Assessment): string {
  if (error) return 'failed';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}

export function AssessmentBadge({ assessment }: { assessment: Assessment }): ReactElement {
  return (
    <Badge tone={toneOf(assessment)}>
      {assessment.name}: {shortValue(assessment)}
    </Badge>
  );
}
