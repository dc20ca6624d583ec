import { isQuota } from '../../access/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError } from '../../platform/errors/index.ts';
import type { CodeFile, DataInput, Outcome, StepOutput } from '../contract.ts';
import type { Environment } from '../../environments/index.ts';
import { paramText, type ParamValue } from '../file/param.ts';
import { codeOf } from '../plan/parts.ts';
import type { ExecutionRow } from '../store.ts';
import type { Collected, Handle, Material, Task } from './back-end.ts';
import { capturedCode, capturedEnvironment } from './capture.ts';
import type { Engine } from './engine.ts';
import { tokenOfTry, type Identity } from './identity.ts';
import type { ExecutionOptions } from './options.ts';
import { move, saveNodes, type Counter, type Node } from './node.ts';
import { determinismOf } from './step-environment.ts';
import { startStepRun } from './tracker.ts';

/** What the execution gives to each of its steps. */
export interface Given {
  execution: ExecutionRow;
  params: Readonly<Record<string, ParamValue>>;
  data: ReadonlyMap<string, DataInput>;
  code: readonly CodeFile[];
  pipelineFile: string;
  /** By `step.output`. */
  outputs: ReadonlyMap<string, StepOutput>;
  /** By the names of the file; or why there are none. */
  environments: Promise<ReadonlyMap<string, Environment> | Outcome>;
  identity: Identity;
  count: Counter;
  signal: AbortSignal;
}

/**
 * One try of a step, from a place for it to what it made; one that was adopted is only waited for.
 * Undefined when it was cancelled before anything of it was stored.
 */
export async function tryStep(
  ctx: Ctx,
  engine: Engine,
  node: Node,
  given: Given,
): Promise<Collected | undefined> {
  const { step, row } = node;
  const { signal } = given;
  const { backEnd } = engine;
  const adopted = node.handle;
  const task: Task = {
    execution: given.execution.id,
    step,
    attempt: adopted ? row.attempt : row.attempt + 1,
  };
  const { handle, ended } = adopted ? { handle: adopted } : await submit(ctx, engine, node, task, given);
  if (!handle) return ended;
  const cancel = (): void => backEnd.cancel(handle);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    if (signal.aborted) cancel();
    const end = await backEnd.watch(handle, task, (at, delay) => {
      row.started_at = at;
      if (delay !== undefined) row.start_delay_ms = delay;
      engine.hub.changed(task.execution);
      if (signal.aborted) cancel();
    });
    return await backEnd.collect(ctx, handle, task, end);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function submit(
  ctx: Ctx,
  { backEnd, url, machine, secrets: engineSecrets }: Engine,
  node: Node,
  task: Task,
  given: Given,
): Promise<{ handle?: Handle | undefined; ended?: Collected }> {
  const { step, row } = node;
  const { execution, params, data, identity } = given;
  const never = await backEnd.refuses(step);
  if (never !== undefined)
    return { ended: without({ reason: 'input', message: `it asks for ${never}` }, ctx.clock.now()) };
  const secrets = await secretsOf(ctx, engineSecrets, step, execution);
  if ('reason' in secrets) return { ended: without(secrets, ctx.clock.now()) };
  const environments = await given.environments;
  if ('reason' in environments) return { ended: without(environments, ctx.clock.now()) };
  const environment = environments.get(step.env)!;
  const material: Material = {
    code: codeOf(step, given.code, given.pipelineFile),
    params,
    data,
    outputs: given.outputs,
    environment,
    secrets: secrets.values,
  };
  const record = async (handle: Handle) => {
    const [{ experiment, run: parent }, address, hardware] = await Promise.all([
      identity.parent(),
      url(),
      machine(),
    ]);
    const { run, secret } = await ctx.write(async (tx) => {
      const made = await startStepRun(tx, {
        experiment,
        parent,
        execution: execution.id,
        name: `${step.name} #${execution.number}`,
        tags: {
          'treadle.pipeline': execution.pipeline,
          'treadle.execution': execution.id,
          'treadle.step': step.name,
          'treadle.key': row.key!,
        },
        params: Object.fromEntries(step.params.map((name) => [name, paramText(params[name]!)])),
        code: capturedCode(execution, step, node.parts!.code),
        environment: capturedEnvironment(environment, hardware, determinismOf(step, environment, params)),
        data: step.inputs.flatMap((input) => (input.kind === 'data' ? [data.get(input.name)!] : [])),
      });
      const token = await tokenOfTry(tx, execution);
      // A transaction may be tried again: what it says of the node is said once it is stored.
      const next: Node = { ...node, row: { ...row }, unsaved: [...node.unsaved] };
      move(next, given.count, 'submitted', tx.clock.now(), {
        attempt: task.attempt,
        run_id: made,
        started_at: tx.clock.now(),
        ended_at: null,
        outcome: null,
        handle: JSON.stringify(handle),
        token_id: token.id,
      });
      await saveNodes(tx, [next]);
      await tx.emit({
        type: 'step.started',
        subject: `execution:${execution.id}`,
        data: { step: step.name, run: made },
      });
      tx.afterCommit(() => {
        Object.assign(row, next.row);
        Object.assign(node, { state: next.state, unsaved: next.unsaved, handle });
      });
      return { run: made, secret: token.secret };
    });
    return { url: address, experiment, run, token: secret };
  };
  try {
    return { handle: await backEnd.submit(ctx, task, material, record, given.signal) };
  } catch (error) {
    if (!(error instanceof TreadleError) || !isQuota(error)) throw error;
    return { ended: without({ reason: 'not-started', message: outwardMessageOf(error) }, ctx.clock.now()) };
  }
}

/** What it named; or why it gets none. Whoever may push a commit has it checked, and reads what its steps print. */
async function secretsOf(
  ctx: Ctx,
  secrets: Engine['secrets'],
  { secrets: names }: Node['step'],
  { pipeline, options }: ExecutionRow,
): Promise<{ values: Record<string, string> } | Outcome> {
  if (names.length === 0) return { values: {} };
  if ((JSON.parse(options) as ExecutionOptions).ci !== undefined)
    return {
      reason: 'input',
      message: `it names secrets (${names.join(', ')}), and no check of a commit gets any`,
    };
  try {
    return { values: await secrets.values(ctx, pipeline, names) };
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    return { reason: 'input', message: outwardMessageOf(error) };
  }
}

/** The end of a try that never came to its back end. */
const without = (outcome: Outcome, now: number): Collected => ({
  outcome,
  startedAt: undefined,
  endedAt: now,
  outputs: [],
  log: undefined,
  resources: undefined,
  samples: [],
  metrics: [],
});
