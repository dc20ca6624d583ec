import type { Execution, ExecutionDetail, Reason, Step } from '../../../pipelines/contract.ts';
import { releaseSummary } from './release.ts';
import { seconds } from './units.ts';

export const MARKS: Record<Step['state'], string> = {
  waiting: '·',
  ready: '·',
  running: '▶',
  succeeded: '✔',
  cached: '✔',
  failed: '✖',
  cancelled: '✖',
  skipped: '–',
};

export const because = (reasons: readonly Reason[]): string => {
  const texts = reasons.map(({ text }) => text);
  return texts.length <= 3
    ? texts.join('; ')
    : `${texts.slice(0, 3).join('; ')}; and ${texts.length - 3} more`;
};

/** One line that says how a step stands. */
export function stepLine(step: Step, width: number, now: number): string {
  const name = step.name.padEnd(width);
  const took = step.started_at === undefined ? '' : seconds((step.ended_at ?? now) - step.started_at);
  const tries = step.attempt > 1 ? ` (try ${step.attempt})` : '';
  switch (step.state) {
    case 'waiting':
      return `${MARKS.waiting} ${name}  waits for ${step.needs.join(', ') || 'its turn'}`;
    case 'ready':
      return `${MARKS.ready} ${name}  is about to run: ${because(step.reasons)}`;
    case 'running':
      return `${MARKS.running} ${name}  runs, ${took}${tries}: ${because(step.reasons)}`;
    case 'succeeded':
      return `${MARKS.succeeded} ${name}  ran in ${took}${tries}`;
    case 'cached':
      return `${MARKS.cached} ${name}  ${because(step.reasons)}`;
    case 'failed':
      return `${MARKS.failed} ${name}  failed${took === '' ? '' : ` after ${took}`}${tries}: ${step.outcome?.message ?? ''}`;
    case 'cancelled':
      return `${MARKS.cancelled} ${name}  was cancelled`;
    case 'skipped':
      return `${MARKS.skipped} ${name}  was skipped: ${because(step.reasons)}`;
  }
}

/** What an execution came to, in one line. */
export function summary(execution: Execution, url: string): string {
  const took =
    execution.started_at === undefined || execution.ended_at === undefined
      ? ''
      : ` in ${seconds(execution.ended_at - execution.started_at)}`;
  const counts = execution.steps_by_state;
  const parts = [
    ...(counts['succeeded'] ? [`${counts['succeeded']} ran`] : []),
    ...(counts['cached'] ? [`${counts['cached']} cached`] : []),
    ...(counts['failed'] ? [`${counts['failed']} failed`] : []),
    ...(counts['skipped'] ? [`${counts['skipped']} skipped`] : []),
    ...(counts['cancelled'] ? [`${counts['cancelled']} cancelled`] : []),
  ];
  const model = execution.model_version
    ? `\nmodel ${execution.model_version.name} version ${execution.model_version.version}`
    : '';
  const reason = execution.reason === undefined ? '' : `\n${execution.reason}`;
  const release = releaseSummary(execution, url)
    .map((line) => `\n${line}`)
    .join('');
  return `${execution.pipeline} #${execution.number} ${execution.state}${took}: ${parts.join(', ')}${reason}${model}${release}\n${url}/pipelines/${encodeURIComponent(execution.pipeline)}/executions/${execution.number}`;
}

export const widthOf = ({ steps }: Pick<ExecutionDetail, 'steps'>): number =>
  Math.max(...steps.map(({ name }) => name.length), 1);
