import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Ctx } from '../../platform/ctx/index.ts';
import { materialiseVersion } from '../../data/index.ts';
import { outwardMessageOf, TreadleError } from '../../platform/errors/index.ts';
import type { Isolate, Processes } from '../../platform/processes/index.ts';
import type { DataInput, Outcome, StepOutput, StepResources } from '../contract.ts';
import { substitute } from '../file/command.ts';
import { inputName, type Step } from '../file/definition.ts';
import { paramJson, paramText, type ParamValue } from '../file/param.ts';
import { INPUTS, inputPath } from '../plan/parts.ts';
import { collectOutputs, outputFiles } from './collect.ts';
import type { LogFile } from './log-file.ts';
import {
  holdsMetrics,
  readMetrics,
  tooLargeForMetrics,
  type MetricsRead,
  type MetricValue,
} from './metrics-file.ts';
import { placeFiles, removeFolder, type Placed } from './place.ts';
import { createSamples, type SamplePoint } from './samples.ts';

/** What one attempt needs; all of it decided before. */
export interface AttemptPlan {
  step: Step;
  /** A fresh folder, not there yet. */
  folder: string;
  code: readonly Placed[];
  params: Readonly<Record<string, ParamValue>>;
  data: ReadonlyMap<string, DataInput>;
  /** Outputs of other steps, by `step.output`. */
  outputs: ReadonlyMap<string, StepOutput>;
  /** In the environment of every process, for the reaper. */
  mark: string;
  memory: number | undefined;
  log: LogFile;
  onOutput(): void;
  signal: AbortSignal;
  /** What the process may reach: its folder, and its environment. */
  isolate: Isolate;
}

export interface AttemptResult {
  outcome: Outcome;
  startedAt: number | undefined;
  outputs: StepOutput[];
  log: { hash: string; size: number } | undefined;
  resources: StepResources | undefined;
  samples: readonly SamplePoint[];
  metrics: MetricValue[];
}

/** Where the parameters of a step stand in its folder. */
export const paramsFileOf = (folder: string): string => path.join(folder, '_tmp', 'params.json');

/**
 * Fills the step's folder with exactly what it declares: code, inputs, parameters, and folders for its outputs. Its few folders are
 * made at once rather than in the background: each takes microseconds, and a turn through the thread pool takes a hundred times that.
 */
export async function prepareFolder(ctx: Ctx, plan: AttemptPlan): Promise<void> {
  const { step, folder, code, params, data, outputs, signal } = plan;
  // Not where something stands already: what an earlier try left running could have made a link of that name.
  mkdirSync(path.dirname(folder), { recursive: true, mode: 0o700 });
  mkdirSync(folder, { mode: 0o700 });
  mkdirSync(path.join(folder, '_tmp', 'home'), { recursive: true, mode: 0o700 });
  const files: Placed[] = [...code];
  for (const input of step.inputs) {
    signal.throwIfAborted();
    if (input.kind === 'data') {
      const version = data.get(input.name);
      if (!version) throw new Error(`the dataset ${input.name} was not resolved`);
      const to = path.join(folder, INPUTS, input.name);
      mkdirSync(to, { recursive: true });
      await materialiseVersion(ctx, version.version_id, to, { signal });
    } else {
      const output = outputs.get(`${input.step}.${input.output}`);
      if (!output) throw new Error(`the output ${input.step}.${input.output} is not there`);
      const at = inputPath(input, output);
      const list = await outputFiles(ctx.blobs, output);
      files.push(
        ...list.map((file) => ({ ...file, path: output.kind === 'file' ? at : `${at}/${file.path}` })),
      );
    }
  }
  await placeFiles(ctx.blobs, folder, files);
  for (const output of step.outputs) {
    const to = path.join(folder, output.path);
    mkdirSync(output.folder ? to : path.dirname(to), { recursive: true });
  }
  const mentioned = step.params.map((name) => `${JSON.stringify(name)}:${paramJson(params[name]!)}`);
  writeFileSync(paramsFileOf(folder), `{${mentioned.join(',')}}`);
}

/** The line for the shell: placeholders become quoted relative paths or values. */
export function commandLine({
  step,
  params,
  outputs,
}: Pick<AttemptPlan, 'step' | 'params' | 'outputs'>): string {
  return substitute(step.pieces, ({ name, below }) => {
    const [first, second] = name.split('.') as [string, string?];
    if (second === undefined && Object.hasOwn(params, first)) return paramText(params[first]!);
    const own = step.outputs.find(
      (output) => output.name === (second ?? first) && (second === undefined || first === step.name),
    );
    const input = step.inputs.find((one) => inputName(one) === (second ?? first));
    const at = own
      ? own.path
      : input
        ? inputPath(input, input.kind === 'output' ? outputs.get(`${input.step}.${input.output}`) : undefined)
        : undefined;
    if (at === undefined) throw new Error(`{${name}} in step ${step.name} stands for nothing`);
    return below === '' ? at : `${at}/${below}`;
  });
}

/** Runs the command in its folder and takes in what it wrote. Never throws for what the step did: that is its outcome. */
export async function runCommand(
  ctx: Ctx,
  processes: Processes,
  plan: AttemptPlan,
  variables: Record<string, string>,
  onStart: (at: number) => void,
): Promise<AttemptResult> {
  const { step, folder, log, signal } = plan;
  const startedAt = ctx.clock.now();
  const samples = createSamples(startedAt);
  const running = processes.start({
    argv: ['/bin/sh', '-c', commandLine(plan)],
    cwd: folder,
    env: variables,
    isolate: plan.isolate,
    mark: plan.mark,
    timeout: step.timeout,
    memory: plan.memory,
    merge: true,
    signal,
    onSample: samples.add,
    onOutput(chunk) {
      log.write(chunk);
      plan.onOutput();
    },
  });
  onStart(startedAt);
  const ended = await running.ended;
  log.flush();
  const resources = samples.summary(ended);
  const outcome: Outcome = {
    reason: ended.reason,
    message: ended.message,
    ...(ended.code === undefined ? {} : { code: ended.code }),
    ...(ended.signal === undefined ? {} : { signal: ended.signal }),
  };
  const result: AttemptResult = {
    outcome,
    startedAt,
    outputs: [],
    log: undefined,
    resources,
    samples: samples.points(),
    metrics: [],
  };
  if (ended.reason === 'ok') {
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
        ...(faults.length === 0 ? {} : { outcome: { ...outcome, warnings: faults } }),
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

/** A step that could not even be prepared: its inputs are gone, or the disk is full. */
export async function failedToPrepare(ctx: Ctx, plan: AttemptPlan, error: unknown): Promise<AttemptResult> {
  const message = `it could not be prepared: ${outwardMessageOf(error)}`;
  plan.log.write(Buffer.from(`[treadle: ${message}]\n`));
  return {
    outcome: { reason: 'input', message },
    startedAt: undefined,
    outputs: [],
    log: await keepLog(ctx, plan.folder, plan.log),
    resources: undefined,
    samples: [],
    metrics: [],
  };
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
async function keepLog(ctx: Ctx, folder: string, log: LogFile): Promise<AttemptResult['log']> {
  if (log.size === 0) return undefined;
  try {
    return (await collectOutputs(ctx.blobs, folder, [], log.path)).log;
  } catch (error) {
    if (!(error instanceof TreadleError) || error.code !== 'output') throw error;
    ctx.log.warn('the log of a step is not kept: it is no longer the file that was opened', { error });
    return undefined;
  }
}

export { removeFolder };
