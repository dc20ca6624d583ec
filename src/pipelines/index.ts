import type { Ctx } from '../platform/ctx/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Route } from '../platform/http/index.ts';
import { createExecution, type PipelineStart } from './create-execution.ts';
import { createHandOver, type HandOver } from './hand-over.ts';
import { runExecution } from './jobs.ts';
import { pipelineRoutes } from './routes.ts';
import { createRetraining, type Retraining } from './retrain.ts';
import { createEngine, type EngineOptions } from './run/engine.ts';

export type { PipelineStart } from './create-execution.ts';
export { describe, type Problem } from './file/problem.ts';
export { readPipelineFile } from './file/read.ts';
export type { HandOver } from './hand-over.ts';
export type { Retrain, Retraining, Standing } from './retrain.ts';
export type { EngineOptions } from './run/engine.ts';
export type { EndState } from './run/tracker.ts';
export type { When } from './file/definition.ts';
export type { Wish } from './run/wish.ts';
export { migrations } from './schema.ts';
export { selectAskers as askersOf } from './store.ts';
export { stepsOfRuns, tellSteps, type StepFacts } from './told.ts';
export { keepCode } from './upload-code.ts';
export { blobUser } from './uses.ts';
export { guardSampled } from './guard-sampled.ts';
export { getExecution, goodExecution } from './views.ts';
export { madeBy } from './store.ts';
export { stepOutput, stepReads, type OutputRead, type StepReads } from './step-reads.ts';

export interface Pipelines {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** For the room that releases what executions registered. */
  handOver: HandOver;
  /** For loops, which run pipelines again by themselves. */
  retraining: Retraining;
  /** Begins an execution, as a client does by the API. */
  start: PipelineStart;
  /** Before jobs run: adopts steps that outlived their server, and ends what else it left. */
  recover(house: Ctx): Promise<void>;
  /** Tells the steps where the server is; they start only after this. */
  listening(url: string): void;
}

/** The room with what it needs handed in: processes and the data folder. */
export function openPipelines(options: EngineOptions): Pipelines {
  const engine = createEngine(options);
  const run = runExecution(engine);
  return {
    routes: pipelineRoutes(engine, run),
    jobs: [run],
    handOver: createHandOver(engine),
    retraining: createRetraining(run),
    start: (ctx, input, known, within) => createExecution(ctx, input, run, known, within),
    recover: engine.recover,
    listening: engine.listening,
  };
}
