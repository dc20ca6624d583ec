import type { ReactElement } from 'react';
import type { Revision, RevisionState } from '../../../src/serving/contract.ts';
import { Badge, type Tone } from '../kit/badge.tsx';

const TONE: Record<RevisionState, Tone> = {
  preparing: 'live',
  live: 'good',
  superseded: 'neutral',
  failed: 'bad',
};

export function RevisionStateBadge({
  revision: { state, unloadable },
}: {
  revision: Pick<Revision, 'state' | 'unloadable'>;
}): ReactElement {
  if (unloadable)
    return (
      <Badge tone="bad" dot>
        cannot be loaded
      </Badge>
    );
  return (
    <Badge tone={TONE[state]} dot>
      {state}
    </Badge>
  );
}
