import type { ChangeCheck, ProposalState } from '../../../src/changes/contract.ts';
import type { Tone } from '../kit/badge.tsx';

/** How proposals and their checks are spoken of. Pure. */

export const CHANGE_SUBJECTS = ['dataset_proposal:*', 'change_check:*', 'dataset:*'];

export const PROPOSAL_TONES: Readonly<Record<ProposalState, Tone>> = {
  open: 'accent',
  merged: 'good',
  closed: 'neutral',
};

export const checkStands = ({ state, verdict }: ChangeCheck): string =>
  state === 'done' ? (verdict ?? 'done') : state === 'failed' ? 'not run' : state;

export function checkTone({ state, verdict }: ChangeCheck): Tone {
  if (state === 'failed' || verdict === 'fail') return 'bad';
  if (state === 'running') return 'live';
  if (state === 'waiting') return 'neutral';
  return verdict === 'pass' ? 'good' : 'warn';
}
