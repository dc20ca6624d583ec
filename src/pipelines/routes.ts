import { route, type Route } from '../platform/http/index.ts';
import { cancelExecution } from './cancel-execution.ts';
import { deleteExecution } from './delete-execution.ts';
import * as contract from './contract.ts';
import { createExecution, type RunJob } from './create-execution.ts';
import { downloadOutput } from './download-output.ts';
import { explainStep } from './explain-step.ts';
import { readPipelineFileAside } from './file/read-aside.ts';
import { fileSchema } from './file/json-schema.ts';
import { followExecution } from './follow-execution.ts';
import { planExecution } from './plan-execution.ts';
import { readLog } from './read-log.ts';
import { reproduceRun } from './reproduce-run.ts';
import { rerunExecution } from './rerun-execution.ts';
import type { Engine } from './run/engine.ts';
import { runStep } from './run-step.ts';
import { selectExecution } from './store.ts';
import { missingBlobs, uploadCode } from './upload-code.ts';
import { getExecution, listExecutions, listPipelines } from './views.ts';

export const pipelineRoutes = (engine: Engine, job: RunJob): Route[] => [
  route(contract.findMissingCode, async (ctx, { body }) => ({
    missing: await missingBlobs(ctx, body.hashes),
  })),
  route(contract.uploadCode, (ctx, { body }) => uploadCode(ctx, body)),
  route(contract.checkFile, async (_ctx, { body }) => ({
    problems: (await readPipelineFileAside(body.file)).problems,
  })),
  route(contract.planExecution, (ctx, { body }) => planExecution(ctx, body, engine)),
  route(contract.createExecution, async (ctx, { body }) =>
    getExecution(ctx, await createExecution(ctx, body, job)),
  ),
  route(contract.listPipelines, (ctx, { query }) => listPipelines(ctx, query)),
  route(contract.listExecutions, (ctx, { query }) => listExecutions(ctx, query)),
  route(contract.getExecution, (ctx, { params }) => getExecution(ctx, params.execution)),
  route(contract.getRunStep, (ctx, { params }) => runStep(ctx, params.run)),
  route(contract.getExecutionFile, async (ctx, { params }) => ({
    text: (await selectExecution(ctx, params.execution)).file,
  })),
  route(contract.followExecution, async (ctx, { params, query, signal }) => {
    await selectExecution(ctx, params.execution);
    return followExecution(ctx, params.execution, { logs: query.logs === true }, engine, signal);
  }),
  route(contract.explainStep, (ctx, { params }) => explainStep(ctx, params.execution, params.step)),
  route(contract.readStepLog, (ctx, { params, query }) =>
    readLog(ctx, params.execution, params.step, query, engine),
  ),
  route(contract.downloadOutput, (ctx, { params, query }) =>
    downloadOutput(ctx, params.execution, params.step, params.output, query.path),
  ),
  route(contract.deleteExecution, (ctx, { params, query }) =>
    deleteExecution(ctx, params.execution, query.reason),
  ),
  route(contract.cancelExecution, async (ctx, { params }) => {
    await cancelExecution(ctx, params.execution, engine);
    return getExecution(ctx, params.execution);
  }),
  route(contract.rerunExecution, async (ctx, { params, body }) =>
    getExecution(ctx, await rerunExecution(ctx, params.execution, { force: body.force === true }, job)),
  ),
  route(contract.reproduceRun, async (ctx, { params, body }) =>
    getExecution(ctx, await reproduceRun(ctx, params.run, body, job)),
  ),
  route(contract.getFileSchema, async () => fileSchema()),
];
