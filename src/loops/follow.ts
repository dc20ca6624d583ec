import type { Tx } from '../platform/ctx/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import type { Standing } from '../pipelines/index.ts';
import type { Release } from '../releases/contract.ts';
import type { TurnState } from './contract.ts';
import type { Engine } from './engine.ts';
import { lookAgain, move } from './move.ts';
import { selectLoops } from './store.ts';
import { findTurnOfExecution, moveTurn, type TurnRow } from './store-turns.ts';

/** Where a turn stands follows from its execution and its release alone, so it may be looked at as often as anybody likes. */

/** `code` inconclusive: the candidate was proven neither good enough nor bad. It is rejected, so that the champion stays. */
type Stands = { state: TurnState; reason?: string | undefined; code?: string };

/** Words of releases for an end, and what they are for a turn. What a later version calls otherwise is no success. */
const ENDS: Readonly<Record<string, TurnState>> = {
  succeeded: 'promoted',
  rejected: 'rejected',
  rolled_back: 'rolled_back',
  held: 'held',
  failed: 'failed',
  cancelled: 'cancelled',
};
const JUDGING: readonly string[] = ['requested', 'judging', 'judged'];

export function standsAt(
  execution: Pick<Standing, 'state' | 'reason'> | undefined,
  release:
    | (Pick<Partial<Release>, 'reason' | 'ended_at'> & {
        state: string;
        gate?: { verdict?: string | undefined } | undefined;
      })
    | undefined,
): Stands {
  if (release?.ended_at !== undefined) {
    const state = ENDS[release.state];
    return state === undefined
      ? { state: 'failed', reason: `the release ended as ${release.state}${colon(release.reason)}` }
      : {
          state,
          reason: release.reason,
          ...(state === 'rejected' && release.gate?.verdict === 'inconclusive'
            ? { code: 'inconclusive' }
            : {}),
        };
  }
  if (release?.state === 'held')
    return {
      state: 'rolling_out',
      reason: release.reason ?? 'the rollout has not enough evidence: a person decides',
    };
  if (release?.state === 'awaiting_approval')
    return { state: 'rolling_out', reason: 'it waits for people to approve it: treadle requests' };
  if (release?.state === 'awaiting_time')
    return { state: 'rolling_out', reason: 'its environment lets it in later: treadle environment board' };
  if (release) return { state: JUDGING.includes(release.state) ? 'judging' : 'rolling_out' };
  if (!execution) return { state: 'failed', reason: 'its execution was deleted' };
  const { state, reason } = execution;
  if (state === 'queued' || state === 'running') return { state: 'training' };
  if (state === 'succeeded') return { state: 'trained', reason };
  return { state: state === 'failed' || state === 'cancelled' ? state : 'rejected', reason };
}

const colon = (reason: string | undefined): string => (reason === undefined ? '' : `: ${reason}`);

/** Moves a turn to where its execution and its release stand. */
export async function follow(tx: Tx, engine: Engine, turn: TurnRow): Promise<void> {
  if (turn.execution === null || turn.ended_at !== null) return;
  const execution = await engine.pipelines.standing(tx, turn.execution);
  const release = await engine.releases.ofExecution(tx, turn.execution);
  const { state, reason, code } = standsAt(execution, release);
  const known = {
    release_id: release?.id ?? null,
    version: release?.version ?? execution?.version ?? null,
    reason: reason ?? null,
    ...(code === undefined ? {} : { code }),
  };
  if (state !== turn.state) return move(tx, engine, turn, state, { ...known, edges: edgesOf(turn, release) });
  if (known.release_id !== turn.release_id || known.version !== turn.version || known.reason !== turn.reason)
    await moveTurn(tx, turn, { ...known, state }, null);
}

const edgesOf = (turn: TurnRow, release: Release | undefined) =>
  release && turn.release_id === null ? [{ from: '', to: release.ref, relation: 'followed-by' }] : [];

/** Loops of one pipeline. */
const MANY = 500;

/** Hears what becomes of executions and releases that a loop started. */
export const followSubscriber = (engine: Engine): Subscriber => ({
  name: 'loops.follow',
  types: [
    ...['registered', 'succeeded', 'failed', 'cancelled', 'rejected', 'deleted'].map(
      (end) => `execution.${end}`,
    ),
    ...[
      'requested',
      'judging',
      'judged',
      'awaiting_approval',
      'awaiting_time',
      'promoted',
      'deploying',
      'shadowing',
      'rolling_out',
      'rolled_back',
    ].map((state) => `release.${state}`),
    ...['succeeded', 'rejected', 'held', 'failed', 'cancelled'].map((end) => `release.${end}`),
  ],
  async handle(tx, { subject, data }) {
    const [noun, id = ''] = subject.split(':');
    const execution = noun === 'execution' ? id : (await engine.releases.find(tx, id))?.execution?.id;
    const turn = execution === undefined ? undefined : await findTurnOfExecution(tx, execution);
    if (turn) return follow(tx, engine, turn);
    // One that a person began may have been waited for.
    const { pipeline } = (data ?? {}) as { pipeline?: string };
    if (noun === 'execution' && pipeline !== undefined)
      for (const loop of await selectLoops(tx, { pipeline, limit: MANY }))
        await lookAgain(tx, engine, loop.id);
  },
});
