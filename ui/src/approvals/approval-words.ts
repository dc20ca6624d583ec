import type { Cover, RequestState, Target } from '../../../src/governance/contract.ts';
import type { Tone } from '../kit/badge.tsx';

/** How requests and policies are spoken of. Pure. */

export const REQUEST_TONES: Readonly<Record<RequestState, Tone>> = {
  open: 'live',
  approved: 'good',
  rejected: 'bad',
  void: 'warn',
  promoted: 'good',
  withdrawn: 'neutral',
};

export const VERDICT_WORDS = {
  approve: 'approved',
  reject: 'rejected',
  break_glass: 'broke the glass',
} as const;

export const targetWords = (target: Target): string =>
  'alias' in target
    ? `alias ${target.alias}`
    : 'stage' in target
      ? `stage ${target.stage}`
      : `endpoint ${target.endpoint}`;

export const coverWords = (cover: Cover): string =>
  'environment' in cover
    ? `environment ${cover.environment}`
    : 'endpoint' in cover
      ? `endpoint ${cover.endpoint}`
      : `${'alias' in cover ? `alias ${cover.alias}` : `stage ${cover.stage}`} of ${cover.model === undefined || cover.model === '*' ? 'every model' : cover.model}`;

/** Events that change what requests say: of themselves, of policies, of what they are about. */
export const REQUEST_SUBJECTS = ['request:*', 'policy:*', 'model_version:*', 'evaluation:*'] as const;
