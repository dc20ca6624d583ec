import { requireRoom } from '../access/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { CodeFile, DataInput, Execution, GitState, NewExecution } from './contract.ts';
import type { Step } from './file/definition.ts';
import { paramShown, type ParamValue } from './file/param.ts';
import { createCodeDigests, manifestOf } from './plan/code-digests.ts';
import type { Reproduces } from './reproduce/compare.ts';
import type { ExecutionOptions } from './run/options.ts';
import { takeSnapshot } from './snapshot.ts';
import { insertExecution, nextNumber, saveSteps, type StepRow } from './store.ts';

export type RunJob = JobType<{ execution: string }>;

/** Runs a pipeline: resolves everything now, and leaves the work to a job of the same transaction. Returns the id. */
export async function createExecution(
  ctx: Ctx,
  input: NewExecution,
  job: RunJob,
  known: readonly string[] = [],
  within?: Within,
): Promise<string> {
  const { definition, steps, params, data, code, warnings } = await takeSnapshot(ctx, input);
  const { warnings: told = [], ...ci } = input.ci ?? {};
  const prepared: Prepared = {
    pipeline: definition.name,
    file: input.file,
    steps,
    params,
    data,
    code,
    git: input.git,
    warnings: [...known, ...told, ...warnings],
    trigger: input.ci ? 'ci' : 'manual',
    options: {
      ...(input.file_name === undefined ? {} : { file: input.file_name }),
      ...(input.steps ? { steps: input.steps } : {}),
      ...(input.force ? { force: true } : {}),
      ...(input.data && Object.keys(input.data).length > 0 ? { data: input.data } : {}),
      ...(input.ci ? { ci } : {}),
    },
  };
  return addExecution(ctx, job, prepared, within);
}

/** What who asks for an execution writes in the transaction that makes it. */
type Within = (tx: Tx, execution: { id: string; number: number }) => Promise<void>;

/** For rooms above: as `createExecution`, with what they know of the project to warn of. */
export type PipelineStart = (
  ctx: Ctx,
  input: NewExecution,
  known: readonly string[],
  within: Within,
) => Promise<string>;

export interface Prepared {
  pipeline: string;
  file: string;
  steps: readonly Step[];
  params: ReadonlyArray<{ name: string; value: ParamValue; from: string }>;
  data: readonly DataInput[];
  code: readonly CodeFile[];
  git: GitState | undefined;
  warnings: readonly string[];
  trigger: Execution['trigger'];
  options: ExecutionOptions;
  reproduces?: Reproduces;
}

/** Writes the rows and enqueues the work, all or nothing, together with what its asker writes `within` the transaction. */
export async function addExecution(
  ctx: Ctx,
  job: RunJob,
  prepared: Prepared,
  within?: Within,
): Promise<string> {
  const { pipeline, steps, code, git } = prepared;
  const manifest = await ctx.blobs.put(await manifestOf(code));
  const digest = await createCodeDigests(code, '').all();
  const now = ctx.clock.now();
  const id = newId(now);
  await ctx.write(async (tx) => {
    // What its steps leave is counted whatever it is: only what has not begun is refused.
    await requireRoom(tx, 'bytes', 1);
    const { number, made } = await nextNumber(tx, pipeline);
    if (made)
      await tx.record({
        action: 'pipeline.created',
        resource: `pipeline:${pipeline}`,
        after: { name: pipeline },
      });
    await insertExecution(tx, {
      id,
      workspace: tx.workspace,
      pipeline,
      number,
      state: 'queued',
      reason: null,
      caused_by: prepared.trigger,
      created_at: now,
      created_by: tx.actor.name,
      started_at: null,
      ended_at: null,
      file: prepared.file,
      options: JSON.stringify(prepared.options),
      params: JSON.stringify(prepared.params),
      data: JSON.stringify(prepared.data),
      code: JSON.stringify({ digest, files: code.length, ...(git ? { git } : {}) }),
      manifest: manifest.hash,
      environments: null,
      warnings: JSON.stringify(prepared.warnings),
      cancel_by: null,
      experiment_id: null,
      run_id: null,
      model_version: null,
      reproduces: prepared.reproduces ? JSON.stringify(prepared.reproduces) : null,
      comparison: null,
      environment_log: null,
      gate: null,
      deployment: null,
      gate_key: null,
      wish: null,
      // What differs from its commit, saw a part of the data, or checks another change than one of code, is no state of a branch.
      branch:
        git?.dirty === true ||
        prepared.options.ci?.sample !== undefined ||
        prepared.options.ci?.change !== undefined
          ? null
          : (prepared.options.ci?.branch ?? git?.branch ?? null),
      created_user: tx.actor.user ?? null,
    });
    await saveSteps(
      tx,
      steps.map((step, position) =>
        newStep({
          execution_id: id,
          workspace: tx.workspace,
          pipeline,
          position,
          name: step.name,
          command: step.run,
          needs: JSON.stringify(step.needs),
        }),
      ),
    );
    await tx.record({
      action: 'execution.created',
      resource: `execution:${id}`,
      after: {
        pipeline,
        number,
        code: digest,
        ...(prepared.options.ci ? { ci: true } : {}),
        params: Object.fromEntries(prepared.params.map(({ name, value }) => [name, paramShown(value)])),
      },
      // Of a sample it is known later what it is.
      edges: (prepared.options.ci?.sample === undefined ? prepared.data : []).map(({ version_id }) => ({
        from: `execution:${id}`,
        to: `dataset_version:${version_id}`,
        relation: 'read',
      })),
    });
    await tx.emit({ type: 'execution.created', subject: `execution:${id}`, data: { pipeline, number } });
    await tx.enqueue(job, { execution: id });
    await within?.(tx, { id, number });
  });
  return id;
}

const newStep = (
  head: Pick<StepRow, 'execution_id' | 'workspace' | 'pipeline' | 'position' | 'name' | 'command' | 'needs'>,
): StepRow => ({
  ...head,
  state: 'waiting',
  key: null,
  parts: null,
  reasons: '[]',
  cached_from: null,
  attempt: 0,
  attempts: '[]',
  mark: null,
  handle: null,
  token_id: null,
  ready_at: null,
  started_at: null,
  ended_at: null,
  start_delay_ms: null,
  outcome: null,
  run_id: null,
  outputs: '[]',
  resources: null,
  log_hash: null,
  log_bytes: 0,
  counted: 0,
});
