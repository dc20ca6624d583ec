import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { conflict, TreadleError } from '../../platform/errors/index.ts';
import {
  createExperiment,
  createRun,
  getExperimentByName,
  isDeletedRun,
  logBatch,
  logVersionRead,
  reportResources,
  updateRun,
} from '../../tracking/index.ts';
import type { DataInput, ExecutionState, Outcome, StepResources } from '../contract.ts';
import type { MetricValue } from './metrics-file.ts';
import type { SamplePoint } from './samples.ts';

/** How an execution ends. */
export type EndState = Exclude<ExecutionState, 'queued' | 'running'>;

/** The experiment that carries a pipeline's name, made at its first execution. */
export async function ensureExperiment(ctx: Ctx, pipeline: string): Promise<string> {
  const there = await findOwn(ctx, pipeline);
  if (there !== undefined) return there;
  try {
    return (await createExperiment(ctx, { name: pipeline, note: `Executions of the pipeline ${pipeline}.` }))
      .id;
  } catch (error) {
    // Of two first executions at once one makes it, and the other finds it.
    const made = await findOwn(ctx, pipeline);
    if (made === undefined) throw error;
    return made;
  }
}

async function findOwn(ctx: Ctx, pipeline: string): Promise<string | undefined> {
  let found: Awaited<ReturnType<typeof getExperimentByName>>;
  try {
    found = await getExperimentByName(ctx, pipeline);
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
  if (found.state === 'active') return found.id;
  throw conflict(`the experiment '${pipeline}', which holds the runs of this pipeline, is deleted`, {
    field: 'experiment',
    hint: `bring it back with: treadle experiments restore ${pipeline}`,
  });
}

export interface StepRun {
  /** Its steps may write to it. */
  execution: string;
  experiment: string;
  parent: string;
  name: string;
  tags: Record<string, string>;
  params: Record<string, string>;
  code: object;
  environment: object;
  data: ReadonlyArray<DataInput>;
}

/** The run that a step's own MLflow calls land in. Part of the transaction that starts the step. */
export async function startStepRun(tx: Tx, run: StepRun): Promise<string> {
  const id = await createRun(tx, {
    experiment: run.experiment,
    parent: run.parent,
    execution: run.execution,
    name: run.name,
    tags: Object.entries(run.tags),
    code: run.code,
    environment: run.environment,
  });
  const params = Object.entries(run.params).filter(([key]) => /^[\w\-./ :]{1,250}$/.test(key));
  // A batch takes a hundred at most; a step that mentions more is rare, and loses none.
  for (let i = 0; i < params.length; i += 100) await logBatch(tx, id, { params: params.slice(i, i + 100) });
  for (const input of run.data) {
    await logVersionRead(tx, id, {
      name: input.dataset,
      version: { id: input.version_id, ref: `${input.dataset}@${input.version}` },
      digest: input.hash,
      context: input.name,
    });
  }
  return id;
}

export const startParentRun = (
  tx: Tx,
  run: { experiment: string; execution: string; name: string; tags: Record<string, string>; code: object },
): Promise<string> =>
  createRun(tx, {
    experiment: run.experiment,
    execution: run.execution,
    name: run.name,
    tags: Object.entries(run.tags),
    code: run.code,
  });

/** What one transaction takes: it belongs to everybody's writes. */
const METRICS_AT_ONCE = 1000;

/** Logs the metrics of a step but for the last ones, which the transaction that ends the step takes along. Returns those. */
export async function logFirstMetrics(
  ctx: Ctx,
  run: string | null,
  metrics: readonly MetricValue[],
  /** Of the step's end: when a server that ended meanwhile had logged some of them, the same are no new points. */
  time: number,
): Promise<readonly MetricValue[]> {
  let rest = metrics;
  if (run !== null && rest.length > METRICS_AT_ONCE && (await isDeletedRun(ctx, run))) return [];
  for (; run !== null && rest.length > METRICS_AT_ONCE; rest = rest.slice(METRICS_AT_ONCE)) {
    await logBatch(ctx, run, {
      metrics: rest.slice(0, METRICS_AT_ONCE).map(({ key, value, step }) => ({ key, value, step, time })),
    });
  }
  return rest;
}

/** What is said of a step whose run was deleted before it ended; undefined while the run is there. */
export const deletedMeanwhile = async (ctx: Ctx, run: string | null): Promise<string | undefined> =>
  run !== null && (await isDeletedRun(ctx, run))
    ? `its run was deleted while it ran, so what it measured was not kept; treadle runs restore ${run} brings the run back`
    : undefined;

/**
 * Ends a step's run with what was measured. Part of the transaction that ends the step. A run that was deleted meanwhile only ends:
 * the step's own code may do that, and it is no reason for the execution to break.
 */
export async function endStepRun(
  tx: Tx,
  id: string,
  end: {
    outcome: Outcome;
    at: number;
    metrics: readonly MetricValue[];
    samples: readonly SamplePoint[];
    resources: StepResources | undefined;
  },
): Promise<void> {
  const { resources, outcome } = end;
  const status = { status: statusOf(outcome), endedAt: end.at };
  if (await isDeletedRun(tx, id)) return void (await updateRun(tx, id, status, { deletedToo: true }));
  const metrics = end.metrics.map(({ key, value, step }) => ({ key, value, step, time: end.at }));
  if (metrics.length > 0) await logBatch(tx, id, { metrics });
  if (resources) {
    await reportResources(tx, id, {
      samples: end.samples.map(({ time, cpuPercent, memory }) => ({
        time,
        values: { cpu_utilization_percentage: cpuPercent, system_memory_usage_megabytes: memory / 1e6 },
      })),
      cpu_seconds: resources.cpu_ms / 1000,
      peak_memory_bytes: resources.peak_memory_bytes,
      measured: { ...resources },
    });
  }
  await logBatch(tx, id, {
    tags: [
      ['treadle.outcome', outcome.reason],
      ['treadle.outcome_message', [outcome.message, ...(outcome.warnings ?? [])].join('; ')],
    ],
  });
  await updateRun(tx, id, status);
}

export const endParentRun = (tx: Tx, id: string, state: EndState, at: number): Promise<unknown> =>
  updateRun(
    tx,
    id,
    {
      status:
        state === 'succeeded' || state === 'rejected' ? 'finished' : state === 'failed' ? 'failed' : 'killed',
      endedAt: at,
    },
    { deletedToo: true },
  );

const statusOf = ({ reason }: Outcome): 'finished' | 'failed' | 'killed' =>
  reason === 'ok' ? 'finished' : reason === 'cancelled' || reason === 'lost' ? 'killed' : 'failed';
