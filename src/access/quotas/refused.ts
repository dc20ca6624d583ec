import { forbidden, limited, type TreadleError } from '../../platform/errors/index.ts';
import type { QuotaName } from '../contract.ts';
import type { Counted } from './store.ts';

/** The code of every error of a quota: faces whose clients would ask again for minutes tell it apart by this. */
export const QUOTA_CODE = 'quota';

export const QUOTAS: readonly QuotaName[] = ['bytes', 'runs', 'endpoints', 'requests'];

const count = (n: number): string => n.toLocaleString('en');
const more = (quota: QuotaName): string =>
  `ask an owner of the server for more: treadle workspace quota --${quota} N`;

const WORDS: Record<Counted, { may: string; has: string; less: string }> = {
  bytes: {
    may: 'may store MOST bytes, stores USED, and this is MORE more',
    has: 'may store MOST bytes, and stores USED already',
    less: 'delete dataset versions, runs or executions and let gc take them (treadle gc)',
  },
  runs: {
    may: 'may keep MOST runs, has USED, and this is MORE more',
    has: 'may keep MOST runs, and has USED',
    less: 'delete runs and let gc take them (treadle gc)',
  },
  endpoints: {
    may: 'may have MOST endpoints, has USED, and this is MORE more',
    has: 'may have MOST endpoints, and has USED',
    less: 'take one away (treadle endpoints NAME --rm)',
  },
};

/** Which quota is used up, how much it is, what is used and what to do. `forbidden`: asking again changes nothing. */
export function full(
  workspace: string,
  quota: Counted,
  { used, most }: { used: number; most: number },
  amount: number,
): TreadleError {
  const { may, has, less } = WORDS[quota];
  const says = (amount === 1 ? has : may)
    .replace(/MOST (\w+)s/, (_words, noun: string) => `${count(most)} ${noun}${most === 1 ? '' : 's'}`)
    .replace('USED', count(used))
    .replace('MORE', count(amount));
  return forbidden(`the quota of ${quota} is used up: workspace '${workspace}' ${says}`, {
    field: quota,
    hint: `${less}, or ${more(quota)}`,
    code: QUOTA_CODE,
  });
}

/** Of requests: it passes with the minute. */
export const tooMany = (workspace: string, most: number, seconds: number): TreadleError =>
  limited(
    most === 0
      ? `the quota of requests is 0: workspace '${workspace}' may make none`
      : `the quota of requests is used up: workspace '${workspace}' may make ${count(most)} requests a minute, and made them`,
    {
      field: 'requests',
      hint:
        most === 0
          ? more('requests')
          : `ask again in ${seconds} s, ask for more at once, or ${more('requests')}`,
      // Where none at all are let in, no minute brings them.
      code: most === 0 ? QUOTA_CODE : 'quota-of-the-minute',
      retryAfter: seconds,
    },
  );
