import type { StepState } from '../contract.ts';

/**
 * What can become of a step. `requeued`: it was about to run when its server ended, and nothing of it has begun. `lost`: it ran, and
 * nobody can say any more how it ended. `retried`: a try failed and another follows.
 */
export const MOVES = [
  'ready',
  'reused',
  'skipped',
  'submitted',
  'requeued',
  'lost',
  'retried',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export type Move = (typeof MOVES)[number];

const TABLE: Readonly<Record<StepState, Readonly<Partial<Record<Move, StepState>>>>> = {
  waiting: { ready: 'ready', reused: 'cached', skipped: 'skipped', cancelled: 'cancelled', failed: 'failed' },
  ready: { submitted: 'running', requeued: 'waiting', cancelled: 'cancelled', failed: 'failed' },
  running: {
    retried: 'ready',
    lost: 'waiting',
    succeeded: 'succeeded',
    failed: 'failed',
    cancelled: 'cancelled',
  },
  succeeded: {},
  cached: {},
  failed: {},
  cancelled: {},
  skipped: {},
};

export const DONE: ReadonlySet<StepState> = new Set(['succeeded', 'cached']);
export const ENDED: ReadonlySet<StepState> = new Set([
  'succeeded',
  'cached',
  'failed',
  'cancelled',
  'skipped',
]);

/** The state after a move. One that the state does not allow is a fault of the driver, and nothing of it may be kept. */
export function after(state: StepState, move: Move): StepState {
  const next = TABLE[state][move];
  if (next === undefined) throw new Error(`a step that is ${state} cannot be ${move}`);
  return next;
}

export const may = (state: StepState, move: Move): boolean => TABLE[state][move] !== undefined;

/** How an execution's steps stand, by name. */
export type Progress = ReadonlyMap<string, StepState>;

/** The reducer: what was stored of an execution, transition by transition, says how it stands, to whichever server reads it. */
export function reduce(progress: Progress, { step, move }: { step: string; move: Move }): Progress {
  const state = progress.get(step);
  if (state === undefined) throw new Error(`there is no step ${step}`);
  return new Map(progress).set(step, after(state, move));
}

interface Waiting {
  name: string;
  needs: readonly string[];
}

/** Of steps that wait: those whose needs are met, and those that never can run, with what stands in their way. */
export function due<W extends Waiting>(
  waiting: Iterable<W>,
  stateOf: (name: string) => StepState | undefined,
): { met: W[]; blocked: Array<{ step: W; by: string; state: StepState }> } {
  const met: W[] = [];
  const blocked: Array<{ step: W; by: string; state: StepState }> = [];
  for (const step of waiting) {
    // A need that is not among the steps of this execution was not asked for: it counts as met.
    const states = step.needs.map((name) => [name, stateOf(name)] as const);
    const wall = states.find(([, state]) => state !== undefined && ENDED.has(state) && !DONE.has(state));
    if (wall?.[1] !== undefined) blocked.push({ step, by: wall[0], state: wall[1] });
    else if (states.every(([, state]) => state === undefined || DONE.has(state))) met.push(step);
  }
  return { met, blocked };
}

export const isOver = (progress: Progress): boolean =>
  [...progress.values()].every((state) => ENDED.has(state));
