import type { Execution, ExecutionDetail, Step, StepState } from '../../../src/pipelines/contract.ts';

/** When things were, for drawing. Pure. */

export const isOver = (state: Execution['state']): boolean => state !== 'queued' && state !== 'running';
export const stepIsOver = (state: StepState): boolean => !['waiting', 'ready', 'running'].includes(state);

/** How long an execution took, or takes so far. */
export function lasted(
  {
    created_at: made,
    started_at: from,
    ended_at: to,
  }: Pick<Execution, 'created_at' | 'started_at' | 'ended_at'>,
  now: number,
): number {
  return Math.max(0, (to ?? now) - (from ?? made));
}

/** Of several executions, the one height for the longest: the square root, so that short ones can still be seen. */
export function barHeights(
  executions: readonly Pick<Execution, 'created_at' | 'started_at' | 'ended_at'>[],
  now: number,
): number[] {
  const all = executions.map((execution) => lasted(execution, now));
  const most = Math.max(1, ...all);
  return all.map((ms) => Math.max(0.08, Math.sqrt(ms / most)));
}

export interface Span {
  /** Shares of the whole, 0 to 1. */
  from: number;
  to: number;
  kind: 'wait' | 'run' | 'tried';
}
export interface StepLine {
  step: Step;
  spans: Span[];
  /** For steps that took no time: where they were decided. */
  at?: number;
}

/** The steps on one line of time from the execution's start to its end, or to now; in the order in which they began. */
export function stepLines(
  execution: Pick<ExecutionDetail, 'created_at' | 'started_at' | 'ended_at' | 'steps'>,
  now: number,
): { lines: StepLine[]; ms: number } {
  const start = execution.started_at ?? execution.created_at;
  const end = Math.max(start + 1, execution.ended_at ?? now);
  const share = (time: number) => Math.min(1, Math.max(0, (time - start) / (end - start)));
  const began = (step: Step) => step.attempts[0]?.started_at ?? step.started_at ?? step.ready_at ?? Infinity;
  const lines = execution.steps
    .toSorted((a, b) => began(a) - began(b))
    .map((step): StepLine => {
      const spans: Span[] = [];
      let at = step.ready_at;
      const wait = (until: number) => {
        if (at !== undefined && until > at) spans.push({ from: share(at), to: share(until), kind: 'wait' });
      };
      for (const attempt of step.attempts) {
        wait(attempt.started_at);
        spans.push({ from: share(attempt.started_at), to: share(attempt.ended_at), kind: 'tried' });
        at = attempt.ended_at;
      }
      // Of a cached step nothing ran here, whenever its result was made.
      if (step.started_at !== undefined && step.state !== 'cached') {
        wait(step.started_at);
        spans.push({ from: share(step.started_at), to: share(step.ended_at ?? end), kind: 'run' });
      } else if (step.state === 'ready') wait(end);
      const decided = step.ended_at ?? step.ready_at;
      return spans.some(({ kind }) => kind !== 'wait') || decided === undefined
        ? { step, spans }
        : { step, spans, at: share(decided) };
    });
  return { lines, ms: end - start };
}

const TELLING: Partial<Record<StepState, number>> = {
  failed: 0,
  running: 1,
  cancelled: 2,
  succeeded: 3,
  ready: 4,
};

/** Where there are too many lines to draw: those that people look for, in the order that they had. */
export function mostTelling<L extends { step: Pick<Step, 'state'> }>(lines: readonly L[], most: number): L[] {
  if (lines.length <= most) return [...lines];
  const rank = (line: L) => TELLING[line.step.state] ?? 5;
  const kept = new Set(lines.toSorted((a, b) => rank(a) - rank(b)).slice(0, most));
  return lines.filter((line) => kept.has(line));
}

/** Round moments for an axis: about five over the whole length, ms. */
export function ticks(ms: number): number[] {
  const steps = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
    600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000, 86_400_000,
  ];
  const step = steps.find((one) => ms / one <= 6) ?? Math.ceil(ms / 6 / 86_400_000) * 86_400_000;
  return Array.from({ length: Math.floor(ms / step) + 1 }, (_, i) => i * step);
}

/** Names in braces that a command mentions: its inputs, outputs and parameters. */
export function mentioned(command: string): Set<string> {
  return new Set([...command.matchAll(/\{([A-Za-z_][\w-]*)\}/g)].map(([, name]) => name!));
}
