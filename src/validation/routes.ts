import { route, type Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import { checkRules } from '../rules/index.ts';
import * as contract from './contract.ts';
import { createEvaluation } from './create-evaluation.ts';
import { getEvaluation, listEvaluations } from './views.ts';

export const validationRoutes = (job: JobType<{ evaluation: string }>): Route[] => [
  route(contract.createEvaluation, (ctx, { body, signal }) => createEvaluation(ctx, body, job, signal)),
  route(contract.listEvaluations, (ctx, { query }) => listEvaluations(ctx, query)),
  route(contract.getEvaluation, (ctx, { params }) => getEvaluation(ctx, params.evaluation)),
  route(contract.checkRules, async (_ctx, { body }) => ({ problems: checkRules(body.rules) })),
];
