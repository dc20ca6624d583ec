import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { getExperiment } from '../tracking/index.ts';
import type { LoggedModel } from './contract.ts';
import { OURS } from './files.ts';
import { checkFree, checkText, loggedModelName } from './names.ts';
import { say } from './say.ts';
import { findRun } from './version-detail.ts';
import {
  insertLoggedModel,
  insertParams,
  putLoggedModelTags,
  requireLoggedModel,
  toLoggedModel,
} from './store-logged-models.ts';

export interface NewLoggedModel {
  experiment: string;
  /** Made up when absent. */
  name?: string | undefined;
  model_type?: string | undefined;
  run?: string | undefined;
  params?: Readonly<Record<string, string>> | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
}

/** Makes a logged model, pending: its files follow, then `finalizeLoggedModel`. */
export async function createLoggedModel(ctx: Ctx, input: NewLoggedModel): Promise<LoggedModel> {
  const now = ctx.clock.now();
  const id = `m-${newId(now)}`;
  const name = input.name === undefined ? `model-${id.slice(-8)}` : loggedModelName(input.name);
  checkText(input.model_type, 'model_type', 500);
  const params = input.params ?? {};
  const tags = input.tags ?? {};
  checkFree(params, 'params');
  checkFree(tags, 'tags');
  const experiment = await getExperiment(ctx, input.experiment);
  if (experiment.state === 'deleted') {
    throw invalid(`experiment '${experiment.id}' is deleted; a model needs one in the 'active' state`, {
      field: 'experiment_id',
      hint: 'restore it first',
    });
  }
  // A run that is not known here is one of another server: its id is kept as text, and nothing is claimed of it.
  checkText(input.run, 'source_run_id', 64);
  const run = input.run === undefined ? undefined : await findRun(ctx, input.run);
  await ctx.write(async (tx) => {
    await insertLoggedModel(tx, {
      id,
      workspace: tx.workspace,
      experiment_id: Number(experiment.id),
      name,
      model_type: input.model_type ?? null,
      run_id: input.run ?? null,
      location: `${experiment.artifact_location?.replace(/\/$/, '') ?? `${OURS}${experiment.id}`}/models/${id}/artifacts`,
      status: 'pending',
      created_at: now,
      updated_at: now,
      created_by: tx.actor.name,
      facts: null,
      deleted_at: null,
    });
    await insertParams(tx, id, params);
    await putLoggedModelTags(tx, id, tags);
    const resource = `logged_model:${id}`;
    const edges = run === undefined ? [] : [{ from: resource, to: `run:${run.id}`, relation: 'trained-by' }];
    await say(
      tx,
      {
        action: 'logged_model.created',
        resource,
        after: { name, experiment: experiment.id, run: input.run ?? null },
        edges,
      },
      { name, experiment: experiment.id, run: input.run ?? null },
    );
  });
  return toLoggedModel(ctx, await requireLoggedModel(ctx, id));
}
