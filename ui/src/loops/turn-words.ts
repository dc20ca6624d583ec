import type { LoopState, Trigger, Turn, TurnState } from '../../../src/loops/contract.ts';
import type { Tone } from '../kit/badge.tsx';

/** How loops and their turns are spoken of. Pure. */

export const TURN_WORDS: Readonly<Record<TurnState, string>> = {
  triggered: 'triggered',
  waiting: 'waiting',
  training: 'training',
  judging: 'being judged',
  rolling_out: 'rolling out',
  promoted: 'promoted',
  trained: 'trained',
  rejected: 'rejected',
  rolled_back: 'rolled back',
  held: 'held back',
  failed: 'failed',
  cancelled: 'cancelled',
  no_op: 'nothing new',
  skipped: 'skipped',
};

const TURN_TONES: Readonly<Record<TurnState, Tone>> = {
  triggered: 'neutral',
  waiting: 'warn',
  training: 'live',
  judging: 'live',
  rolling_out: 'live',
  promoted: 'good',
  trained: 'good',
  rejected: 'warn',
  rolled_back: 'warn',
  held: 'warn',
  failed: 'bad',
  cancelled: 'warn',
  no_op: 'neutral',
  skipped: 'neutral',
};
export const turnTone = (state: TurnState): Tone => TURN_TONES[state];

export const LOOP_STATES = ['active', 'paused', 'needs_people'] as const satisfies readonly LoopState[];
export const LOOP_WORDS: Readonly<Record<LoopState, string>> = {
  active: 'active',
  paused: 'paused',
  needs_people: 'needs people',
};
export const loopTone = (state: LoopState): Tone =>
  state === 'active' ? 'good' : state === 'paused' ? 'neutral' : 'bad';

/** It goes on: something is being done for it now. */
export const isUnderWay = ({ state }: Pick<Turn, 'state'>): boolean =>
  state === 'training' || state === 'judging' || state === 'rolling_out';

/** Why it stands as it does: the reason, or what turned it. */
export const whyOf = ({ reason, cause }: Pick<Turn, 'reason' | 'cause'>): string => reason ?? cause;

/** The triggers of a loop in one line. */
export function triggerWords(triggers: readonly Trigger[]): string {
  if (triggers.length === 0) return 'by hand alone';
  return triggers.map(one).join(', ');
}

function one({ kind, at, time_zone, data, branch }: Trigger): string {
  if (kind === 'data') return `new data of ${data}`;
  if (kind === 'performance') return 'worse answers';
  if (kind === 'push') return `a push to ${branch ?? 'main'}`;
  if (kind === 'drift') return 'drift';
  const zone = time_zone === undefined || time_zone === 'UTC' ? 'UTC' : time_zone;
  return `${kind} ${at} ${zone}`;
}
