import { moment } from '../platform/words/index.ts';
import { openness, type Opening } from './window.ts';

/** Whether a version may come to an environment: the whole rule, without people's approval. Pure. */

export interface Answered {
  /** All times together that it answered all requests there, ms. */
  total: number;
  /** Whether it was taken away there because it could not answer. */
  failed: boolean;
}

export interface Entry {
  environment: { name: string; terms: Opening };
  /** How long it answered here; undefined where it never did. */
  here: Answered | undefined;
  /** Whether it was a part of what answered here, as a canary or a shadow. */
  part: boolean;
  /** The environment before, unless there is none, and how long it answered there. */
  before: { name: string; hold_min: number; answered: Answered | undefined; answers: boolean } | undefined;
  now: number;
}

export type Verdict =
  | { ok: true; how: 'promoted' | 'going_back' }
  | { ok: false; code: 'not-before' | 'held' | 'closed'; why: string; at?: number };

const MINUTE = 60_000;

export function mayEnter({ environment, here, part, before, now }: Entry): Verdict {
  // An incident waits for no window: all that answered may come back as it was.
  if (here) return { ok: true, how: 'going_back' };
  if (part) return { ok: true, how: 'promoted' };
  if (before) {
    const { name, hold_min: hold, answered, answers } = before;
    if (!answered)
      return { ok: false, code: 'not-before', why: `it never answered in ${name}, which comes before` };
    if (answered.failed)
      return {
        ok: false,
        code: 'not-before',
        why: `it was taken away in ${name} because it could not answer`,
      };
    const missing = hold * MINUTE - answered.total;
    if (missing > 0)
      return {
        ok: false,
        code: 'held',
        why: `it answered in ${name} for ${Math.floor(answered.total / MINUTE)} of ${hold} minutes${answers ? `, and has at ${moment(now + missing)}` : ', and does not answer there now'}`,
        ...(answers ? { at: now + missing } : {}),
      };
  }
  const window = openness(environment.terms, now);
  if (!window.open)
    return {
      ok: false,
      code: 'closed',
      why: window.why,
      ...(window.at === undefined ? {} : { at: window.at }),
    };
  return { ok: true, how: 'promoted' };
}
