import { LATENCY_EDGES, readCanary, startCanary, type CanaryState } from '../../evidence/index.ts';
import { testOf, type Plan, type Stage } from './plan.ts';

/** What a variant did, as counts that only grow. */
export interface Counts {
  requests: number;
  failed: number;
  /** Of its answers, in the buckets of `evidence/`. */
  latency: readonly number[];
}

/** How far a rollout has come: stored with the release, in the transaction of each change. Goes through JSON unchanged. */
export interface Progress {
  plan: Plan;
  /** The revision that answered before. */
  base: number;
  /** Its own revisions, the base first. */
  revisions: number[];
  /** Which of the plan's stages. */
  stage: number;
  /** preparing: its revision is being made ready; watching: it answers; back: what answered before is taken up again. */
  phase: 'preparing' | 'watching' | 'back';
  /** Since when the stage is watched, or asked for. */
  since: number;
  /** Evidence over all stages. */
  evidence: CanaryState;
  /** What of the sums of which revision is in the evidence already; `life` is the server's that summed. */
  taken: { life: string; revision: string; primary: Counts; trial: Counts };
  /** When evidence was last taken. */
  taken_at: number;
  /** Requests of the whole rollout and of this stage, and those of them that the version on trial answered. */
  seen: Seen;
  stage_seen: Seen;
  /** The last minute, batch by batch, for the hard stop. */
  recent: Array<{ at: number; primary: [requests: number, failed: number]; trial: [number, number] }>;
  /** A person decides. */
  held?: { why: string; since: number; by?: string };
  /** Why it goes back. */
  why?: string;
  /** Of losses without an upper end: what a large one is. */
  loss_scale?: number;
  /** Outcomes up to this time are in the evidence. */
  losses_until?: number;
}

export interface Seen {
  requests: number;
  trial: number;
}

/** Evidence at a moment, for a chart. */
export interface Point {
  at: number;
  stage: number;
  requests: number;
  trial: number;
  harm: number;
  proof: { errors?: number; latency?: number; loss?: number };
}

const nothing = (): Counts => ({
  requests: 0,
  failed: 0,
  latency: Array.from({ length: LATENCY_EDGES.length + 1 }, () => 0),
});

export function beginRollout(plan: Plan, base: number, now: number): Progress {
  return {
    plan,
    base,
    revisions: [base],
    stage: 0,
    phase: 'preparing',
    since: now,
    evidence: startCanary(testOf(plan)),
    taken: { life: '', revision: '', primary: nothing(), trial: nothing() },
    taken_at: now,
    seen: { requests: 0, trial: 0 },
    stage_seen: { requests: 0, trial: 0 },
    recent: [],
  };
}

export const stageOf = ({ plan, stage }: Progress): Stage => plan.stages[stage]!;
/** What the evidence says now, whatever it said before: only a rollback is final, and that ends the rollout. */
export function readEvidence(progress: Progress): ReturnType<typeof readCanary> {
  const stage = stageOf(progress);
  const read = readCanary(testOf(progress.plan), { ...progress.evidence, verdict: 'hold' });
  if (stage.role !== 'shadow') return read;
  const words = `${progress.stage_seen.trial} of ${stage.copies} copies were answered`;
  return { ...read, words };
}

export const isLast = ({ plan }: Progress, stage: number): boolean => stage === plan.stages.length - 1;

/** On the way to a stage: its revision is being made ready. */
export const toStage = (progress: Progress, stage: number, revision: number, now: number): Progress => ({
  ...withoutHold(progress),
  stage,
  phase: 'preparing',
  since: now,
  revisions: [...progress.revisions, revision],
  stage_seen: { requests: 0, trial: 0 },
  recent: [],
});

export function withoutHold({ held: _held, ...progress }: Progress): Progress {
  return progress;
}

/** What happened since what was taken; all of it where another revision answers or the server began anew. */
export function since(
  { taken }: Progress,
  now: { life: string; revision: string; primary: Counts | undefined; trial: Counts | undefined },
): { primary: Counts; trial: Counts; taken: Progress['taken'] } {
  const same = taken.life === now.life && taken.revision === now.revision;
  const of = (after: Counts | undefined, before: Counts): Counts =>
    after === undefined
      ? nothing()
      : same
        ? {
            requests: after.requests - before.requests,
            failed: after.failed - before.failed,
            latency: after.latency.map((count, bucket) => count - before.latency[bucket]!),
          }
        : after;
  return {
    primary: of(now.primary, taken.primary),
    trial: of(now.trial, taken.trial),
    taken: {
      life: now.life,
      revision: now.revision,
      primary: now.primary ?? nothing(),
      trial: now.trial ?? nothing(),
    },
  };
}
