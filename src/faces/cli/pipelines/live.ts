import type { Execution, ExecutionDetail, Step } from '../../../pipelines/contract.ts';
import { printable, type Output } from '../output.ts';
import type { Watcher } from './follow.ts';
import { releaseLines, releaseStages } from './release.ts';
import { stepLine, widthOf } from './show.ts';

const TAIL = 30;

/**
 * Shows an execution as it goes on: on a terminal a block of lines that is drawn anew, elsewhere a line for each change. The last
 * lines of a failed step's log are always shown.
 */
export function liveView(
  output: Output,
  execution: ExecutionDetail,
  options: { logs: boolean },
): Watcher & { close(): void } {
  const width = widthOf(execution);
  const steps = new Map(execution.steps.map((step) => [step.name, step]));
  const tails = new Map<string, string>();
  const { stderr } = process;
  const block =
    !output.json && stderr.isTTY && execution.steps.length <= Math.max(5, (stderr.rows ?? 24) - 6);
  let drawn = 0;
  const begun = new Map<string, string>();
  let now: Execution = execution;

  const clear = (): void => {
    if (drawn > 0) stderr.write(`\u001b[${drawn}A\u001b[J`);
    drawn = 0;
  };
  const draw = (): void => {
    if (!block) return;
    clear();
    const lines = [
      ...[...steps.values()].map((step) => stepLine(step, width, Date.now())),
      ...releaseLines(now, width, Date.now()),
    ].map((line) => line.slice(0, (stderr.columns ?? 120) - 1));
    stderr.write(`${printable(lines.join('\n'))}\n`);
    drawn = lines.length;
  };
  /** Above the block, so that it stays. */
  const say = (text: string): void => {
    clear();
    output.say(text);
    draw();
  };
  /** Output arrives in any pieces; a line is told once it is whole. */
  const wholeLines = (step: string, chunk: string): string => {
    const text = (begun.get(step) ?? '') + chunk;
    const end = text.lastIndexOf('\n') + 1;
    if (end < text.length) begun.set(step, text.slice(end));
    else begun.delete(step);
    return text.slice(0, end);
  };
  const timer = block ? setInterval(draw, 250) : undefined;
  draw();

  return {
    execution(changed) {
      const before = releaseStages(now);
      now = changed;
      if (block) return draw();
      const lines = releaseLines(changed, width, Date.now());
      releaseStages(changed).forEach((stage, i) => {
        if (stage !== before[i]) output.say(lines[i]!);
      });
    },
    step(step: Step) {
      const before = steps.get(step.name);
      steps.set(step.name, step);
      if (block) draw();
      else if (before?.state !== step.state && step.state !== 'waiting' && step.state !== 'ready')
        output.say(stepLine(step, width, Date.now()));
      else if (before && step.attempts.length > before.attempts.length)
        output.say(
          `↻ ${step.name.padEnd(width)}  is tried again: ${step.attempts.at(-1)?.outcome.message ?? ''}`,
        );
      if (step.state === 'failed' && before?.state !== 'failed' && !options.logs) {
        const tail = ((tails.get(step.name) ?? '') + (begun.get(step.name) ?? ''))
          .trimEnd()
          .split('\n')
          .slice(-TAIL);
        if (tail.join('') !== '') say(tail.map((line) => `  ${step.name} | ${line}`).join('\n'));
      }
    },
    log(step, chunk) {
      const text = wholeLines(step, chunk);
      if (text === '') return;
      if (step === '_environment') {
        // One line a package fills the screen; how many there are is said at the end, and --logs shows all.
        const lines = text
          .trimEnd()
          .split('\n')
          .filter((line) => options.logs || !/^ [+~-] \S+$/.test(line));
        if (lines.length > 0) say(lines.map((line) => `  environment | ${line}`).join('\n'));
      } else if (options.logs)
        say(
          text
            .replace(/\n$/, '')
            .split('\n')
            .map((line) => `  ${step.padEnd(width)} | ${line}`)
            .join('\n'),
        );
      else tails.set(step, ((tails.get(step) ?? '') + text).slice(-20_000));
    },
    close() {
      clearInterval(timer);
      for (const step of begun.keys()) this.log(step, '\n');
      draw();
    },
  };
}
