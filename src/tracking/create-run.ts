import { takeRoom } from '../access/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { randomName } from './random-name.ts';
import type { RunStatus } from './contract.ts';
import { getExperiment } from './get-experiment.ts';
import { checkFreeTags, checkLength, clipTag, clean, RUN_NAME } from './limits.ts';
import { checkPairs } from './log-batch.ts';
import { selectExperiment } from './store/experiments.ts';
import { insertRun, upsertTags, type Pair, type RunTableRow } from './store/runs.ts';
import { requireActive } from './update-experiment.ts';
import { NAME_TAG, PARENT_TAG } from './well-known.ts';

export interface NewRun {
  experiment: string;
  name?: string | undefined;
  /** Who ran it, as the client says; the caller unless said. */
  user?: string | undefined;
  parent?: string | undefined;
  startedAt?: number | undefined;
  status?: RunStatus | undefined;
  tags?: readonly Pair[];
  /** Keys of these tags may be any text: MLflow's server takes at the start what it refuses later. */
  freeTags?: boolean;
  code?: object | undefined;
  environment?: object | undefined;
  /** The execution whose steps may write to it; that of the caller, when a step makes it. */
  execution?: string | undefined;
}

/** Starts a run in an active experiment. Returns its id. */
export async function createRun(ctx: Ctx, input: NewRun): Promise<string> {
  const tags = new Map(
    input.freeTags === true
      ? checkFreeTags(input.tags ?? [])
      : checkPairs(input.tags ?? [], (i) => `tags[${i}].`, clipTag),
  );
  const named = tags.get(NAME_TAG);
  if (input.name !== undefined && input.name !== '' && named !== undefined && named !== input.name) {
    throw invalid(
      `Both 'run_name' argument and '${NAME_TAG}' tag are specified, but with different values (run_name='${input.name}', ${NAME_TAG}='${named}')`,
      { field: 'run_name' },
    );
  }
  const name = clean(input.name || named || randomName(), 'run_name');
  checkLength(name, RUN_NAME, 'run_name');
  tags.set(NAME_TAG, name);
  if (input.parent !== undefined) tags.set(PARENT_TAG, clipTag(input.parent, 'parent'));
  const user = input.user ?? ctx.actor.name;
  checkLength(user, 256, 'user_id');
  await getExperiment(ctx, input.experiment);
  const now = ctx.clock.now();
  const id = newId(now);
  await ctx.write(async (tx) => {
    const experiment = await selectExperiment(tx, input.experiment);
    requireActive(experiment);
    const row: RunTableRow = {
      id,
      workspace: tx.workspace,
      experiment_id: Number(experiment.id),
      name,
      user_id: user,
      status: input.status ?? 'running',
      started_at: input.startedAt ?? now,
      ended_at: null,
      created_at: now,
      updated_at: now,
      state: 'active',
      deleted_with: null,
      verdict: null,
      verdict_reason: null,
      verdict_by: null,
      verdict_at: null,
      code: input.code ? JSON.stringify(input.code) : null,
      environment: input.environment ? JSON.stringify(input.environment) : null,
      resources: null,
      execution: ctx.actor.execution ?? input.execution ?? null,
      created_user: tx.actor.user ?? null,
    };
    await takeRoom(tx, 'runs', 1);
    await insertRun(tx, row);
    await upsertTags(tx, row, [...tags]);
    await tx.record({
      action: 'run.created',
      resource: `run:${id}`,
      after: { experiment: experiment.id, name },
    });
    await tx.emit({ type: 'run.created', subject: `run:${id}`, data: { experiment: experiment.id } });
  });
  return id;
}
