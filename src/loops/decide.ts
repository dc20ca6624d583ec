import type { LoopSettings } from './contract.ts';
import { PERIODS } from './settings.ts';
import { isScheduled } from './triggers.ts';

/** Whether a turn may train, from what is known. Pure: each rail is a line here, in the order in which it is asked. */

export interface Facts {
  now: number;
  kind: string;
  dryRun: boolean;
  force: boolean;
  loop: { state: string; reason: string | null; back_off_until: number; failed: number };
  guards: Required<Pick<LoopSettings, 'cooldown_ms' | 'budget'>>;
  /** What it came from is over: an alert that was resolved meanwhile. */
  over: string | undefined;
  /** An alert on the data that is open. */
  dataAlert: string | undefined;
  /** A training of the model that goes on. */
  underWay: string | undefined;
  /** When trainings of the loop began within the period of the budget and the cooldown, newest first. */
  starts: readonly number[];
  /** An execution that did the same work. */
  trainedBefore: { number: number } | undefined;
  /** What it would do, in words. */
  would: string;
}

export type Decision =
  | { go: true }
  | { go: false; state: 'skipped' | 'waiting' | 'no_op'; code?: string; reason: string; until?: number };

/** Code of one that is held by a training that goes on. */
export const UNDER_WAY = 'under-way';

/** What a schedule leaves out comes again by itself; what an alert, data or a push asked for does not. */
const heldAs = (kind: string): 'skipped' | 'waiting' =>
  kind === 'manual' || isScheduled(kind) ? 'skipped' : 'waiting';

/** Held by a training that goes on: `what` names it. */
export const heldBy = (what: string, kind: string): Exclude<Decision, { go: true }> => ({
  go: false,
  state: heldAs(kind),
  code: UNDER_WAY,
  reason: `${what} goes on; one at a time`,
});

export function decide(facts: Facts): Decision {
  const { now, kind, loop, force } = facts;
  const byHand = kind === 'manual';
  const hold = (code: string, reason: string, until?: number): Decision => ({
    go: false,
    state: heldAs(kind),
    code,
    reason,
    ...(until === undefined ? {} : { until }),
  });
  if (facts.over !== undefined) return { go: false, state: 'skipped', code: 'over', reason: facts.over };
  if (!byHand && loop.state !== 'active') {
    const needs = loop.state === 'needs_people';
    return {
      go: false,
      state: 'skipped',
      code: needs ? 'needs-people' : 'paused',
      reason: `the loop ${needs ? 'needs people' : 'is paused'}${loop.reason === null ? '' : `: ${loop.reason}`}`,
    };
  }
  if (facts.dataAlert !== undefined && !force)
    return hold('data-alert', `nothing is trained on broken data: ${facts.dataAlert}`);
  if (facts.underWay !== undefined) return heldBy(facts.underWay, kind);
  if (!byHand) {
    const rail = railOf(facts);
    if (rail) return hold(rail.code, rail.reason, rail.until);
  }
  if (facts.trainedBefore && !force)
    return {
      go: false,
      state: 'no_op',
      reason: `nothing is new: execution ${facts.trainedBefore.number} trained the same data, code and parameters`,
    };
  if (facts.dryRun)
    return { go: false, state: 'skipped', code: 'dry-run', reason: `it would ${facts.would}` };
  return { go: true };

  function railOf({ guards, starts }: Facts): { code: string; reason: string; until: number } | undefined {
    if (loop.back_off_until > now)
      return {
        code: 'back-off',
        until: loop.back_off_until,
        reason: `the last ${loop.failed === 1 ? 'one' : loop.failed} failed: the next may begin ${inWords(loop.back_off_until - now)} from now`,
      };
    const [last] = starts;
    if (last !== undefined && last + guards.cooldown_ms > now)
      return {
        code: 'cooldown',
        until: last + guards.cooldown_ms,
        reason: `the last training began ${inWords(now - last)} ago, and the cooldown is ${inWords(guards.cooldown_ms)}`,
      };
    const { runs, per } = guards.budget;
    const within = starts.filter((start) => start > now - PERIODS[per]);
    if (within.length >= runs)
      return {
        code: 'budget',
        until: within[runs - 1]! + PERIODS[per] + 1,
        reason: `${within.length} of ${runs} trainings of the last ${per} are used`,
      };
    return undefined;
  }
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** `2 hours`. */
export function inWords(ms: number): string {
  for (const [unit, size] of UNITS) {
    const n = Math.round(ms / size);
    if (ms >= size) return `${n} ${unit}${n === 1 ? '' : 's'}`;
  }
  return `${Math.max(0, Math.round(ms / 1000))} s`;
}
