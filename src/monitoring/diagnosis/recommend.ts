import type { AlertReport } from '../contract.ts';

type Known = Pick<AlertReport, 'cause' | 'endpoint' | 'since' | 'parts' | 'causes' | 'timeline'> & {
  window_ms: number;
};

/** A deploy so many windows before the change may be what changed. */
const NEAR = 2;
/** Signals that say that data is broken, and not merely other. */
const BROKEN = new Set([
  'columns',
  'missing',
  'misfit',
  'unseen',
  'infinite',
  'range',
  'constant',
  'unit',
  'freshness',
]);

/** What to do, and why: by the first of these that holds. */
export function recommend(known: Known): AlertReport['action'] {
  const { cause, endpoint, since, parts, causes, timeline, window_ms } = known;
  const broken = causes.find(({ kind }) => BROKEN.has(kind));
  const deploy = timeline.findLast(
    ({ kind, at }) => kind === 'deploy' && at <= since.at + window_ms && at >= since.at - NEAR * window_ms,
  );
  const ofData = cause !== 'volume' && cause !== 'labels' && cause !== 'service';
  if (cause === 'data' || (broken && ofData))
    return {
      do: 'fix_data',
      words: `${broken ? broken.words : 'what arrives is broken'}. A model that is trained on it learns the fault: mend the data first, then look again.`,
    };
  if (cause === 'performance') {
    if (deploy)
      return {
        do: 'roll_back',
        words: `answers are worse since shortly after ${deploy.words}; the revision before answered better.`,
        command: `treadle rollback ${endpoint}`,
      };
    if (!parts)
      return {
        do: 'wait',
        words:
          'answers are worse, and too few outcomes of before are there to say why: train anew once enough outcomes of now have arrived.',
      };
    const change = parts.now - parts.before;
    const share = (part: number): string => `${Math.round((100 * part) / change)} %`;
    return parts.concept >= parts.mix + parts.labels
      ? {
          do: 'retrain',
          words: `equal rows come out otherwise than before (${share(parts.concept)} of the difference): only training on outcomes of now helps.`,
          command: 'treadle run',
        }
      : {
          do: 'retrain',
          words: `other rows are asked than before (${share(parts.mix + parts.labels)} of the difference): train on data that has such rows.`,
          command: 'treadle run',
        };
  }
  if (cause === 'service')
    return deploy
      ? {
          do: 'roll_back',
          words: `requests fail or answers are slow since shortly after ${deploy.words}; the revision before did better.`,
          command: `treadle rollback ${endpoint}`,
        }
      : {
          do: 'mend',
          words:
            'requests fail or answers are slow, and nothing was deployed: look at the machine, at its load, and at the host of the model.',
          command: 'treadle doctor',
        };
  if (cause === 'skew')
    return {
      do: 'fix_data',
      words:
        'inputs were otherwise from the first answer of the version on: compare how these columns are computed for training with how callers compute them. Where both are the same, the world had moved before the deployment: train on newer data.',
    };
  if (cause === 'drift')
    return {
      do: 'wait',
      words:
        'inputs have moved, and no outcome says that answers are worse: a new training may cost more than it gains. Wait for outcomes; the monitor pages when they say harm.',
    };
  if (cause === 'volume')
    return { do: 'mend', words: 'ask those who call the endpoint: other callers, or none, are asking.' };
  if (cause === 'labels')
    return {
      do: 'mend',
      words:
        'look at what adds outcomes. Where they have stopped, nobody knows how good the answers are until they come; where they are others than the version learnt from and that is true, train on them.',
      command: `treadle outcomes coverage ${endpoint}`,
    };
  if (cause === 'monitor')
    return {
      do: 'mend',
      words: 'the monitor itself does not do its work; what it says of the endpoint is old.',
      command: `treadle monitor show ${endpoint}`,
    };
  return { do: 'mend', words: 'it was told from outside: what told it knows what to do.' };
}
