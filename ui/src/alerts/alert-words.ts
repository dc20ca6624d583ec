import type { Alert, AlertReport } from '../../../src/monitoring/contract.ts';
import type { Tone } from '../kit/badge.tsx';

/** How alerts are spoken of. Pure. */

export const STATE_TONES: Readonly<Record<Alert['state'], Tone>> = {
  pending: 'neutral',
  firing: 'bad',
  acknowledged: 'warn',
  silenced: 'neutral',
  resolved: 'good',
};

export const CAUSE_WORDS: Readonly<Record<Alert['cause'], string>> = {
  performance: 'answers are worse',
  data: 'data is broken',
  skew: 'inputs differ from training',
  drift: 'inputs have moved',
  service: 'requests fail, or answers are slow',
  volume: 'traffic is not as usual',
  labels: 'outcomes have stopped, or changed',
  monitor: 'the monitor does not work',
  external: 'told by Alertmanager',
};

export const ACTION_WORDS: Readonly<Record<AlertReport['action']['do'], string>> = {
  retrain: 'Train anew',
  fix_data: 'Mend the data',
  roll_back: 'Roll back',
  wait: 'Wait for outcomes',
  mend: 'Mend what stopped',
};

export interface Part {
  name: string;
  words: string;
  value: number;
}

/** The parts of a loss that changed, in the order in which they are drawn. */
export const partsOf = ({ mix, labels, concept }: NonNullable<AlertReport['parts']>): Part[] => [
  { name: 'other rows', words: 'rows of another kind are asked', value: mix },
  { name: 'other outcomes', words: 'outcomes are another share', value: labels },
  { name: 'concept', words: 'equal rows come out otherwise', value: concept },
];
