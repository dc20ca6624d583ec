import type { LineageEdge, Tx } from '../platform/ctx/index.ts';
import { conflict } from '../platform/errors/index.ts';
import type { DeployResult, GateResult } from '../pipelines/contract.ts';
import type { EndState } from '../pipelines/index.ts';
import type { ReleaseState } from './contract.ts';
import type { Engine } from './engine.ts';
import type { Progress } from './rollout/progress.ts';
import { moveRelease, updateRelease, type Change, type ReleaseRow } from './store.ts';

/** What a step of the way came to, beside the state. */
export interface Outcome extends Pick<
  Change,
  'evaluation' | 'revision' | 'moved_alias' | 'rollout' | 'rollout_points' | 'awaits'
> {
  gate?: GateResult;
  /** Digest of the question, of a verdict that may be used again. */
  gate_key?: string;
  deployment?: DeployResult;
  /** In a sentence, for the list of transitions. */
  note?: string;
  edges?: LineageEdge[];
}

const ENDS = ['succeeded', 'rolled_back', 'rejected', 'held', 'failed', 'cancelled'] as const;
type End = (typeof ENDS)[number];
const isEnd = (state: string): state is End => ENDS.some((one) => one === state);

/**
 * One step of the way: state, transition, ledger, event, and what the execution behind it is told, in the transaction of the step's
 * own work. It is taken once: where the release is no longer in the state that the step began from, nothing of it is kept.
 */
export async function move(
  tx: Tx,
  engine: Engine,
  row: ReleaseRow,
  to: ReleaseState,
  outcome: Outcome = {},
  reason: string | null = null,
): Promise<void> {
  const { gate, gate_key, deployment, note, edges = [], ...change } = outcome;
  // A rollout that is held waits for a person, and has not ended.
  const over = isEnd(to) && !(to === 'held' && outcome.rollout !== undefined);
  const moved = await moveRelease(
    tx,
    row,
    to,
    {
      ...change,
      ...(gate ? { gate: JSON.stringify(gate) } : {}),
      ...(deployment ? { deployment: JSON.stringify(deployment) } : {}),
      ...(over ? { reason, ended_at: tx.clock.now() } : {}),
    },
    note ?? reason,
  );
  if (!moved) throw stale(row);
  const resource = `release:${row.id}`;
  const ends = edges.map((edge) => ({ ...edge, from: resource }));
  await tx.record({
    action: `release.${to}`,
    resource,
    after: {
      version: row.version_ref,
      ...(gate?.verdict === undefined ? {} : { verdict: gate.verdict }),
      ...(deployment?.revision === undefined
        ? {}
        : { endpoint: deployment.endpoint, revision: deployment.revision }),
      ...(change.rollout === undefined || change.rollout === null
        ? {}
        : { rollout: summaryOf(change.rollout) }),
    },
    ...((reason ?? note) === undefined ? {} : { reason: (reason ?? note)! }),
    edges: ends,
  });
  await tx.emit({
    type: `release.${to}`,
    subject: resource,
    data: {
      model: row.model,
      version: row.version,
      ...(row.endpoint === null ? {} : { endpoint: row.endpoint }),
      ...((reason ?? note) === undefined ? {} : { reason: (reason ?? note)! }),
    },
  });
  if (row.execution === null) return;
  await engine.executions.note(tx, row.execution, {
    ...(gate ? { gate } : {}),
    ...(gate_key === undefined ? {} : { gate_key }),
    ...(deployment ? { deployment } : {}),
  });
  // What its steps made answers in part: the rest takes hours or days, and the release tells of it.
  if (over || to === 'rolling_out' || to === 'awaiting_approval' || to === 'awaiting_time')
    await engine.executions.end(tx, row.execution, {
      state: over ? STATES[to as End] : 'succeeded',
      // What is held back is no failure of the pipeline: its deployment says why.
      reason: to === 'held' || to === 'rolled_back' ? null : reason,
      edges: edgesOf(row, row.execution, outcome),
    });
}

/** Code of the error of a step that another has taken meanwhile. */
export const MOVED = 'release-moved';
const stale = ({ id, state }: ReleaseRow): Error =>
  conflict(`release ${id} is no longer as it was when it was ${state}`, { code: MOVED });

/** What a rollout rests on at a step: for the ledger, which keeps it for good. */
function summaryOf(rollout: string): object {
  const { stage, phase, seen, stage_seen: step, plan } = JSON.parse(rollout) as Progress; // written by this room
  return { step: plan.stages[stage], phase, seen, step_seen: step };
}

const STATES: Readonly<Record<End, EndState>> = {
  succeeded: 'succeeded',
  held: 'succeeded',
  rolled_back: 'succeeded',
  rejected: 'rejected',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** What the execution's own end says of the release, as it said when it did all of it. */
function edgesOf({ evaluation }: ReleaseRow, execution: string, { edges = [] }: Outcome): LineageEdge[] {
  const from = `execution:${execution}`;
  return [
    ...(evaluation === null ? [] : [{ from, to: `evaluation:${evaluation}`, relation: 'judged-by' }]),
    ...edges.filter(({ relation }) => relation === 'deployed').map((edge) => ({ ...edge, from })),
  ];
}

/** What goes on within a state: for who watches, and no step of the way. */
export async function tell(
  tx: Tx,
  engine: Engine,
  row: ReleaseRow,
  known: { gate?: GateResult; deployment?: DeployResult },
  rollout?: Pick<Change, 'rollout' | 'rollout_points'>,
  aloud = true,
): Promise<void> {
  const kept = await updateRelease(
    tx,
    row.id,
    {
      ...(known.gate ? { gate: JSON.stringify(known.gate) } : {}),
      ...(known.deployment ? { deployment: JSON.stringify(known.deployment) } : {}),
      ...rollout,
    },
    rollout === undefined ? undefined : row.rollout_writes,
  );
  if (!kept) throw stale(row);
  if (!aloud) return;
  await tx.emit({ type: 'release.updated', subject: `release:${row.id}` });
  if (row.execution !== null) await engine.executions.note(tx, row.execution, known);
}

/** Says stages, one write at a time: the last words are always written. */
export function stages(keep: (stage: string) => Promise<void>): {
  say: (stage: string) => void;
  done: () => Promise<void>;
} {
  let writing: Promise<void> | undefined;
  let next: string | undefined;
  const write = async (): Promise<void> => {
    while (next !== undefined) {
      const stage = next;
      next = undefined;
      await keep(stage);
    }
    writing = undefined;
  };
  return {
    say(stage) {
      next = stage;
      // A stage that cannot be written is no reason to stop the work; what comes after says the same fault louder.
      writing ??= write().catch(() => void (writing = undefined));
    },
    async done() {
      await writing;
    },
  };
}
