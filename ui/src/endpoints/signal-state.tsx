import type { ReactElement } from 'react';
import { Badge, type Tone } from '../kit/badge.tsx';

const TONES: Readonly<Record<string, Tone>> = {
  ok: 'good',
  alert: 'bad',
  failed: 'bad',
  firing: 'bad',
  no_data: 'warn',
  no_labels: 'warn',
  pending: 'warn',
};

/** The state of a signal, a window or an alert. */
export const StateBadge = ({ state }: { state: string }): ReactElement => (
  <Badge tone={TONES[state] ?? 'neutral'} dot>
    {state.replace('_', ' ')}
  </Badge>
);
