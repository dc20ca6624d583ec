import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { MetricSummary, Outcome } from '../../../src/tracking/contract.ts';
import { Badge, type Tone } from '../kit/badge.tsx';
import { formatNumber } from '../kit/format.ts';

export const VERDICTS: Record<Outcome['verdict'], { tone: Tone; word: string }> = {
  accepted: { tone: 'good', word: 'accepted' },
  rejected: { tone: 'bad', word: 'rejected' },
  inconclusive: { tone: 'warn', word: 'inconclusive' },
};

export function VerdictBadge({ verdict }: { verdict: Outcome['verdict'] }): ReactElement {
  const { tone, word } = VERDICTS[verdict];
  return <Badge tone={tone}>{word}</Badge>;
}

/** The latest value, also where JSON has no number for it. */
export function metricText(value: MetricSummary['last']): string {
  return formatNumber(Number(value));
}

export function RunLink({ id, name }: { id: string; name: string }): ReactElement {
  return (
    <Link to="/runs/$run" params={{ run: id }} title={name}>
      {name}
    </Link>
  );
}

/** Samples of the machine, which stand on a page of their own. */
export const SYSTEM = 'system/';
