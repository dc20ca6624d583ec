import type { ReactElement } from 'react';
import type { LoopState, TurnState } from '../../../src/loops/contract.ts';
import { Badge } from '../kit/badge.tsx';
import { LOOP_WORDS, loopTone, TURN_WORDS, turnTone } from './turn-words.ts';

export const TurnStatus = ({
  state,
  code,
}: {
  state: TurnState;
  code?: string | undefined;
}): ReactElement => (
  <Badge tone={turnTone(state)} dot>
    {code === 'inconclusive' ? 'undecided, champion kept' : TURN_WORDS[state]}
  </Badge>
);

export const LoopStatus = ({ state }: { state: LoopState }): ReactElement => (
  <Badge tone={loopTone(state)} dot>
    {LOOP_WORDS[state]}
  </Badge>
);
