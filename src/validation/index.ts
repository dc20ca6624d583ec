import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { Evaluation } from './contract.ts';
import { evaluationJob } from './jobs.ts';
import { runEvaluation, type Bench } from './judge.ts';
import { openEvaluation } from './open-evaluation.ts';
import { validationRoutes } from './routes.ts';
import { getEvaluation } from './views.ts';

export type { Evaluation } from './contract.ts';
export { resolveGateData, type GateData } from './data/gate-data.ts';
export { CHAMPION_ITSELF, NO_CHAMPION } from './rules/compute.ts';
export { migrations } from './schema.ts';
export { newestOfVersions, tellEvaluations, type EvaluationFacts } from './told.ts';
export type { TableSource } from './data/table-source.ts';
export { trainingSources } from './data/training-sources.ts';
export { getEvaluation, judgedOn, newestFor } from './views.ts';
export { blobUser } from './uses.ts';

export interface Validation {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** Writes down what is asked for, in the caller's own transaction; returns the id. `run` does the work. */
  open(tx: Tx, asked: Omit<Parameters<typeof openEvaluation>[1], 'state'>): Promise<string>;
  /**
   * Scores and judges within the caller's own work; `done` with a verdict, or `failed` with the problem. One that a crash cut
   * short begins again, one that had ended is its own answer.
   */
  run(
    ctx: Ctx,
    id: string,
    say: (stage: string) => void,
    signal: AbortSignal | undefined,
  ): Promise<Evaluation>;
}

/** The room with what it needs handed in. */
export function openValidation(bench: Bench): Validation {
  const job = evaluationJob(bench);
  return {
    routes: validationRoutes(job),
    jobs: [job],
    open: (tx, asked) => openEvaluation(tx, { ...asked, state: 'running' }),
    async run(ctx, id, say, signal) {
      await runEvaluation(ctx, bench, id, say, signal);
      return getEvaluation(ctx, id);
    },
  };
}
