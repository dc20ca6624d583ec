import { stepCanary, type Answers, type CanaryState } from '../../evidence/index.ts';
import { testOf } from './plan.ts';
import { readEvidence, since, stageOf, type Counts, type Progress } from './progress.ts';
import { hardStop, within } from './stop.ts';

/** Answers of the version on trial that make a batch, and how long a smaller one is waited for, ms. */
const BATCH = 20;
const BATCH_MS = 5_000;
/** Answers of a step before it is left, however good the evidence is from the steps before. */
const FEWEST = 50;

/**
 * What a version that nobody has asked before answers in its first moments says nothing of how it will answer, ms: its code is not compiled
 * yet, nor has its trial of joined rows ended. Errors without number stop it all the same.
 */
const COLD_MS = 10_000;

/** What a look at the sums comes to. `taken`: there is something to be written down. */
export type Look =
  | { to: 'stay'; taken: boolean; progress: Progress }
  | { to: 'next'; progress: Progress; words: string }
  | { to: 'back'; progress: Progress; words: string }
  | { to: 'hold'; progress: Progress; words: string };

/** What the revision of the stage did until now, as the server sums it. */
export interface Sums {
  now: number;
  life: string;
  revision: string;
  primary: Counts | undefined;
  /** Of the canary, or of the shadow. */
  trial: Counts | undefined;
}

/**
 * Takes what happened since the last look into the evidence, and says what follows: stay, on to the next stage, back, or hold until a
 * person decides. Pure: what it says is written down with the state that it says it from, in one transaction, or not at all.
 */
export function look(progress: Progress, sums: Sums): Look {
  const { now } = sums;
  const { primary, trial, taken } = since(progress, sums);
  const recent = [
    ...within(progress.recent, now),
    {
      at: now,
      primary: [primary.requests, primary.failed] as [number, number],
      trial: [trial.requests, trial.failed] as [number, number],
    },
  ];
  const stop = hardStop(recent, now);
  const over = overdue(progress, now, primary.requests + trial.requests);
  const due = trial.requests >= BATCH || now - progress.taken_at >= BATCH_MS;
  if (stop === undefined && over === undefined && !due) return { to: 'stay', taken: false, progress };
  const nothing = primary.requests + trial.requests === 0;
  const shadow = stageOf(progress).role === 'shadow';
  const cold = progress.stage === 0 && now - progress.since < COLD_MS;
  const evidence = nothing || shadow || cold ? progress.evidence : stepped(progress, { primary, trial });
  const next: Progress = {
    ...progress,
    evidence,
    taken,
    taken_at: now,
    recent,
    seen: shadow ? progress.seen : added(progress.seen, primary, trial),
    stage_seen: added(progress.stage_seen, primary, trial),
  };
  if (stop !== undefined) return { to: 'back', progress: next, words: `hard stop: ${stop}` };
  return decided(next, now, { over, taken: !nothing });
}

/** What the evidence says, which may have grown by counts or by losses. */
export function decided(
  progress: Progress,
  now: number,
  { over, taken }: { over: string | undefined; taken: boolean },
): Look {
  const stage = stageOf(progress);
  const result = readEvidence(progress);
  if (result.verdict === 'roll back') return { to: 'back', progress, words: result.words };
  if (progress.held) return { to: 'stay', taken, progress };
  const enough =
    stage.role === 'shadow'
      ? progress.stage_seen.trial >= stage.copies
      : result.verdict === 'promote' && progress.stage_seen.trial >= FEWEST;
  const words = stage.role === 'shadow' ? `${progress.stage_seen.trial} copies were answered` : result.words;
  if (enough && now - progress.since >= progress.plan.every_ms) return { to: 'next', progress, words };
  if (over === undefined || enough) return { to: 'stay', taken, progress };
  switch (progress.plan.undecided) {
    case 'promote':
      return { to: 'next', progress, words: `${over}; promoted as it was asked for in that case: ${words}` };
    case 'rollback':
      return {
        to: 'back',
        progress,
        words: `${over}; rolled back as it was asked for in that case: ${words}`,
      };
    case 'hold':
      return { to: 'hold', progress, words: `${over}: ${words}` };
  }
}

/** Losses are evidence of their own batch: they come later than the answers, and all at once. */
export function withLosses(
  progress: Progress,
  losses: { primary: ArrayLike<number>; trial: ArrayLike<number> },
): Progress {
  const none = { answers: 0, errors: 0, latency: progress.taken.primary.latency.map(() => 0) };
  return {
    ...progress,
    evidence: step(progress, {
      primary: { ...none, losses: losses.primary },
      canary: { ...none, losses: losses.trial },
    }),
  };
}

function stepped(progress: Progress, { primary, trial }: { primary: Counts; trial: Counts }): CanaryState {
  const of = ({ requests, failed, latency }: Counts): Answers => ({
    answers: requests,
    errors: failed,
    latency,
  });
  return step(progress, { primary: of(primary), canary: of(trial) });
}

/** A promotion ends the step and not the watch: only a rollback is final. */
function step({ plan, evidence }: Progress, batch: { primary: Answers; canary: Answers }): CanaryState {
  return stepCanary(testOf(plan), { ...evidence, verdict: 'hold' }, batch).state;
}

const added = (seen: Progress['seen'], primary: Counts, trial: Counts): Progress['seen'] => ({
  requests: seen.requests + primary.requests + trial.requests,
  trial: seen.trial + trial.requests,
});

/** Why this step may not go on without a decision. */
function overdue(
  { plan, since: began, stage_seen, held }: Progress,
  now: number,
  more: number,
): string | undefined {
  if (held) return undefined;
  if (now - began >= plan.within_ms) return `the evidence was not enough after ${timeWords(plan.within_ms)}`;
  if (plan.requests !== null && stage_seen.requests + more >= plan.requests)
    return `the evidence was not enough after ${stage_seen.requests + more} requests`;
  return undefined;
}

const timeWords = (ms: number): string => {
  if (ms < 2 * 60_000) return `${Number((ms / 1000).toPrecision(3))} s`;
  return ms < 2 * 3_600_000
    ? `${Number((ms / 60_000).toPrecision(3))} min`
    : `${Number((ms / 3_600_000).toPrecision(3))} h`;
};
