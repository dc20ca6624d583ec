import type { Ctx } from '../../../platform/ctx/index.ts';
import { TreadleError } from '../../../platform/errors/index.ts';
import type { StepOutput } from '../../contract.ts';
import type { Step } from '../../file/definition.ts';
import type { Collected, End } from '../back-end.ts';
import { collectOutputs } from '../collect.ts';
import type { LogFile } from '../log-file.ts';
import { holdsMetrics, readMetrics, tooLargeForMetrics, type MetricsRead } from '../metrics-file.ts';

/** Takes in what a step wrote into its folder, and its log. What is wrong with that is its outcome; never throws for it. */
export async function collectTry(
  ctx: Ctx,
  step: Step,
  folder: string,
  log: LogFile,
  end: End,
): Promise<Collected> {
  const result: Collected = { ...end, outputs: [], log: undefined, metrics: [] };
  if (end.outcome.reason === 'ok') {
    try {
      // What is said of the metrics belongs into the log, which else goes to the disk together with the outputs.
      const later = step.outputs.some(holdsMetrics);
      const taken = await collectOutputs(
        ctx.blobs,
        folder,
        step.outputs,
        log.size > 0 && !later ? log.path : undefined,
      );
      const { metrics, remarks, ...read } = await metricsOf(ctx, taken.outputs);
      const faults = read.faults.map((line) => log.masked(line));
      say(log, [...faults, ...remarks]);
      return {
        ...result,
        outputs: taken.outputs,
        log: later ? await keepLog(ctx, folder, log) : taken.log,
        metrics,
        ...(faults.length === 0 ? {} : { outcome: { ...end.outcome, warnings: faults } }),
      };
    } catch (error) {
      if (!(error instanceof TreadleError) || error.code !== 'output') throw error;
      result.outcome = {
        reason: 'output',
        message: log.masked(error.hint === undefined ? error.message : `${error.message}; ${error.hint}`),
      };
      say(log, [error.message]);
    }
  }
  return { ...result, log: await keepLog(ctx, folder, log) };
}

/** What Treadle itself has to say, below what the step said. */
function say(log: LogFile, lines: readonly string[]): void {
  for (const line of lines) log.write(Buffer.from(`[treadle: ${line}]\n`));
  log.flush();
}

async function metricsOf(ctx: Ctx, outputs: readonly StepOutput[]): Promise<MetricsRead> {
  const all: MetricsRead = { metrics: [], faults: [], remarks: [] };
  for (const output of outputs.filter((one) => one.kind === 'file' && holdsMetrics(one))) {
    const large = tooLargeForMetrics(output);
    if (large !== undefined) {
      all.faults.push(large);
      continue;
    }
    const text = (await ctx.blobs.read(output.digest, output.size)).toString('utf8');
    const { metrics, faults, remarks } = await readMetrics(text, output.path);
    for (const metric of metrics) all.metrics.push(metric);
    all.faults.push(...faults);
    all.remarks.push(...remarks);
  }
  return all;
}

/** The log of a step that made no outputs. Nothing is kept when the step put something else in its place. */
async function keepLog(ctx: Ctx, folder: string, log: LogFile): Promise<Collected['log']> {
  if (log.size === 0) return undefined;
  try {
    return (await collectOutputs(ctx.blobs, folder, [], log.path)).log;
  } catch (error) {
    if (!(error instanceof TreadleError) || error.code !== 'output') throw error;
    ctx.log.warn('the log of a step is not kept: it is no longer the file that was opened', { error });
    return undefined;
  }
}
