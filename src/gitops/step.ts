import type { ReleaseState } from '../releases/contract.ts';
import type { TargetState } from './contract.ts';

/** What is to be done about one endpoint: pure. The same question asked again and again comes to what Git says, or to why it does not. */

export interface Seen {
  mode: 'apply' | 'report';
  now: number;
  wanted: { ref: string; sum: string; words: string };
  /** What answers all requests; undefined where nothing does. `beside`: something else is on trial. */
  runs: { ref: string; words: string; beside: boolean } | undefined;
  /** The last release that was asked for here. */
  attempt:
    | {
        sum: string;
        release: string;
        state: ReleaseState;
        reason?: string | undefined;
        /** Absent while it goes on. */
        ended_at?: number | undefined;
        /** How many were asked for this very wish. */
        tries: number;
      }
    | undefined;
  /** A release of somebody else on its way to the endpoint. */
  other: string | undefined;
  /** That the version was taken away because it could not answer. */
  failed: boolean;
  /** Whether the environment lets it in now. */
  enters: { ok: true } | { ok: false; why: string; at?: number };
}

export interface Step {
  state: TargetState;
  says: string;
  at?: number;
  act?: { do: 'release' } | { do: 'cancel'; release: string };
}

const SECOND = 1_000;
const FIRST = 2 * SECOND;
const LONGEST = 10 * 60 * SECOND;

/** How long after a failure the next try comes. */
export const backOff = (tries: number): number => Math.min(FIRST * 4 ** Math.max(0, tries - 1), LONGEST);

export function nextStep(seen: Seen): Step {
  const { mode, now, wanted, runs, attempt, other, failed, enters } = seen;
  const own = attempt?.sum === wanted.sum ? attempt : undefined;
  const open = attempt !== undefined && attempt.ended_at === undefined;
  const there = runs?.ref === wanted.ref && !runs.beside;
  if (open && own) return onTheWay(own.state, own.release, wanted.words);
  if (open)
    return {
      state: 'on_the_way',
      says: `release ${attempt.release} is ended: Git says ${wanted.words} now`,
      act: { do: 'cancel', release: attempt.release },
    };
  const differs = `${runs === undefined ? 'nothing' : runs.words} answers, and Git says ${wanted.words}`;
  // What is on its way would be undone: it is ended first, also where the right version still answers.
  if (other !== undefined && mode === 'apply')
    return {
      state: 'on_the_way',
      says: `release ${other} is ended: it brings something else than Git says`,
      act: { do: 'cancel', release: other },
    };
  if (there) return { state: 'in_sync', says: `${wanted.words} answers` };
  if (mode === 'report') return { state: 'drift', says: differs };
  const again = 'it is not tried again before Git says something else, or: treadle gitops sync --retry';
  if (own) {
    const { state, reason, release } = own;
    const why = reason === undefined ? '' : `: ${reason}`;
    if (state === 'rejected' || state === 'rolled_back' || state === 'held')
      return {
        state: 'blocked',
        says: `release ${release} ended as ${state.replace('_', ' ')}${why}; ${again}`,
      };
    if (state !== 'succeeded') {
      const at = (own.ended_at ?? now) + backOff(own.tries);
      if (now < at) return { state: 'waiting', says: `release ${release} ended as ${state}${why}`, at };
    }
  }
  if (own && failed)
    return {
      state: 'blocked',
      says: `${wanted.words} was taken away because it could not answer; ${again}`,
    };
  if (!enters.ok)
    return {
      state: 'waiting',
      says: enters.why,
      ...(enters.at === undefined ? {} : { at: enters.at }),
    };
  return { state: 'on_the_way', says: differs, act: { do: 'release' } };
}

function onTheWay(state: ReleaseState, release: string, words: string): Step {
  if (state === 'awaiting_approval')
    return { state: 'waiting', says: `release ${release} of ${words} waits for people’s approval` };
  if (state === 'awaiting_time')
    return {
      state: 'waiting',
      says: `release ${release} of ${words} waits until its environment lets it in`,
    };
  return { state: 'on_the_way', says: `release ${release} brings ${words} (${state.replace('_', ' ')})` };
}
