import type { Ctx } from '../platform/ctx/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { Evaluation } from './contract.ts';
import { evaluationJob } from './jobs.ts';
import { judge, type Bench } from './judge.ts';
import { validationRoutes } from './routes.ts';
import { findDone, newestFor } from './views.ts';

export { checkRules } from './check-rules.ts';
export type { Evaluation } from './contract.ts';
export type { GateData } from './data/gate-data.ts';
export { CHAMPION_ITSELF, NO_CHAMPION } from './rules/decide.ts';
export { migrations } from './schema.ts';

export interface Validation {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** Scores and judges within the caller's own work; `done` with a verdict, or `failed` with the problem. */
  judge(ctx: Ctx, asked: Parameters<typeof judge>[2], say: (stage: string) => void): Promise<Evaluation>;
  /** An evaluation that came to an end, by its reference `evaluation:<id>`. */
  findDone(ctx: Ctx, ref: string): Promise<Evaluation | undefined>;
  /** The newest evaluation of a version that came to an end. */
  newestFor(ctx: Ctx, versionRef: string): Promise<Evaluation | undefined>;
}

/** The room with what it needs handed in. */
export function openValidation(bench: Bench): Validation {
  const job = evaluationJob(bench);
  return {
    routes: validationRoutes(job),
    jobs: [job],
    judge: (ctx, asked, say) => judge(ctx, bench, asked, say),
    findDone,
    newestFor,
  };
}
