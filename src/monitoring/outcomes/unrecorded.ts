import type { HeldRules } from '../../serving/index.ts';

/** What is said of outcomes that are taken, and of whose predictions nothing is recorded. */
export const sampledOut = (predictions: number): string[] =>
  predictions === 0
    ? []
    : [
        `${predictions === 1 ? '1 prediction is' : `${predictions.toLocaleString('en')} predictions are`} known and not recorded: the endpoint records a share of its predictions (sampling), and ${predictions === 1 ? 'it is none' : 'they are none'} of that; these outcomes meet no record`,
      ];

/** And of those that are told by keys, where these are not all there as callers sent them. */
export const keyDoubts = ({ columns, least }: HeldRules): string[] => [
  ...((columns.get('key')?.rule ?? 'keep') === 'keep'
    ? []
    : [
        'the endpoint does not record keys as they are: outcomes that are told by key meet no record of that time; tell them by the ids of predictions',
      ]),
  ...(least === 1
    ? []
    : [
        'the endpoint records a share of its predictions (sampling): meant is the newest one of a key that is recorded, which may be an earlier one; tell outcomes by the ids of predictions',
      ]),
];
