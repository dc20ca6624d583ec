import type { Loop } from '../../../src/loops/contract.ts';
import type { Alert } from '../../../src/monitoring/contract.ts';
import type { Tone } from '../kit/badge.tsx';

/** Where a loop stands on its way round: data, train, prove, deploy, watch. Pure. */

export interface Stop {
  name: string;
  /** neutral: nothing is known of it. */
  tone: Tone;
  words: string;
}

type Known = Pick<Loop, 'latest' | 'endpoint' | 'state'>;
type Open = Pick<Alert, 'endpoint' | 'cause' | 'state'>;

/** States of the newest turn that trained, as far as it came. */
const CAME: Readonly<Record<string, 'train' | 'prove' | 'deploy'>> = {
  training: 'train',
  trained: 'train',
  judging: 'prove',
  rejected: 'prove',
  rolling_out: 'deploy',
  rolled_back: 'deploy',
  held: 'deploy',
  promoted: 'deploy',
};

export function stopsOf({ latest, endpoint }: Known, alerts: readonly Open[]): Stop[] {
  const own = alerts.filter(
    (one) => one.endpoint === endpoint && one.state !== 'pending' && one.state !== 'resolved',
  );
  const has = (cause: Alert['cause']): boolean => own.some((one) => one.cause === cause);
  const state = latest?.state ?? '';
  const came = CAME[state];
  const stop = (name: string, tone: Tone, words: string): Stop => ({ name, tone, words });
  return [
    has('data')
      ? stop('Data', 'bad', 'broken: nothing is trained on it')
      : stop(
          'Data',
          endpoint === undefined ? 'neutral' : 'good',
          endpoint === undefined ? 'not watched' : 'as it should be',
        ),
    state === 'training'
      ? stop('Train', 'live', 'at work')
      : state === 'failed'
        ? stop('Train', 'bad', 'failed')
        : stop('Train', came === undefined ? 'neutral' : 'good', came === undefined ? 'at rest' : 'done'),
    state === 'judging'
      ? stop('Prove', 'live', 'being judged')
      : state === 'rejected'
        ? stop('Prove', 'warn', 'rejected')
        : stop('Prove', came === 'deploy' ? 'good' : 'neutral', came === 'deploy' ? 'passed' : 'at rest'),
    state === 'rolling_out'
      ? stop('Deploy', 'live', 'rolling out')
      : state === 'rolled_back' || state === 'held'
        ? stop('Deploy', 'warn', state === 'held' ? 'held back' : 'rolled back')
        : stop(
            'Deploy',
            state === 'promoted' ? 'good' : 'neutral',
            state === 'promoted' ? 'promoted' : 'at rest',
          ),
    has('performance')
      ? stop('Watch', 'bad', 'answers are worse')
      : has('drift')
        ? stop('Watch', 'warn', 'columns have moved')
        : stop(
            'Watch',
            endpoint === undefined ? 'neutral' : 'good',
            endpoint === undefined ? 'no endpoint' : 'all well',
          ),
  ];
}

/** Which stop is at work now; the ring turns there. */
export const atWork = (stops: readonly Stop[]): number => stops.findIndex(({ tone }) => tone === 'live');
