import path from 'node:path';
import type { Ctx } from '../../platform/ctx/index.ts';
import { newMark, programFolders } from '../../platform/processes/index.ts';
import type { CodeFile, DataInput, StepOutput, StepState } from '../contract.ts';
import type { Environment } from '../environments/environments.ts';
import type { Step } from '../file/definition.ts';
import { paramText, type ParamValue } from '../file/param.ts';
import { codeOf, INPUTS, type KeyParts } from '../plan/parts.ts';
import { saveSteps, type ExecutionRow, type StepRow } from '../store.ts';
import {
  failedToPrepare,
  paramsFileOf,
  prepareFolder,
  removeFolder,
  runCommand,
  type AttemptPlan,
  type AttemptResult,
} from './attempt.ts';
import { capturedCode, capturedEnvironment } from './capture.ts';
import type { Engine } from './engine.ts';
import type { Identity } from './identity.ts';
import { openLog } from './log-file.ts';
import { stepEnvironment } from './step-environment.ts';
import { startStepRun } from './tracker.ts';

/** A step in the hands of its driver: what the file says, its row, and how it stands now. */
export interface Node {
  step: Step;
  row: StepRow;
  state: StepState;
  outputs: StepOutput[];
  parts: KeyParts | undefined;
}

/** What the execution gives to each of its steps. */
interface Given {
  execution: ExecutionRow;
  params: Readonly<Record<string, ParamValue>>;
  data: ReadonlyMap<string, DataInput>;
  code: readonly CodeFile[];
  pipelineFile: string;
  /** By `step.output`. */
  outputs: ReadonlyMap<string, StepOutput>;
  environment: Environment;
  identity: Identity;
  signal: AbortSignal;
}

/**
 * One try of a step: waits for cores, fills its folder while its run is made, starts it, takes in what it wrote.
 * Undefined when it was cancelled before its process began.
 */
export async function tryStep(
  ctx: Ctx,
  engine: Engine,
  node: Node,
  given: Given,
): Promise<AttemptResult | undefined> {
  const { step, row } = node;
  const { execution, params, data, environment, identity, signal } = given;
  const changed = (): void => engine.hub.changed(execution.id);
  const slots = await engine.slots();
  const { total } = slots;
  const memory = step.resources.memory;
  if ((memory ?? 0) > total.memory || step.resources.gpu > total.gpu) return impossible(step, total);
  // Cores are shared out, not walled off: a step that wants more than there are runs alone.
  const want = {
    cpu: Math.min(step.resources.cpu ?? 1, total.cpu),
    memory: memory ?? 0,
    gpu: step.resources.gpu,
  };
  const release = await slots.take(want, signal).catch(() => undefined);
  if (!release) return undefined;
  const began = performance.now();
  row.attempt += 1;
  row.mark = newMark();
  const folder = path.join(engine.folderOf(execution.id), `${step.name}-${row.attempt}`);
  const log = openLog(engine.logOf(execution.id, step.name));
  const plan: AttemptPlan = {
    step,
    folder,
    code: codeOf(step, given.code, given.pipelineFile),
    params,
    data,
    outputs: given.outputs,
    mark: row.mark,
    memory,
    log,
    onOutput: changed,
    signal,
    // Steps speak to the server and fetch what they need: the network stays theirs.
    isolate: {
      read: [
        path.join(folder, INPUTS),
        ...environment.bin.flatMap((bin) => programFolders(path.join(bin, 'python'))),
      ],
      write: [folder],
      share: engine.processes.isolation.share,
      network: true,
    },
  };
  try {
    const [{ experiment, run }, { secret }, url, machine] = await Promise.all([
      identity.parent(),
      identity.token(),
      engine.url(),
      engine.machine(),
    ]);
    // A viewer may read the log, and the token may write.
    log.hide(secret);
    const variables = (runId: string) =>
      stepEnvironment({
        step,
        folder,
        environment,
        params,
        paramsFile: paramsFileOf(folder),
        execution: execution.id,
        tracking: { url, experiment, run: runId, token: secret },
      });
    const { determinism } = variables('');
    const prepared = prepareFolder(ctx, plan)
      .then(() =>
        step.inputs.length === 0 ? undefined : engine.processes.letRead(path.join(folder, INPUTS)),
      )
      .then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
    const runId = await ctx.write(async (tx) => {
      const made = await startStepRun(tx, {
        experiment,
        parent: run,
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
        environment: capturedEnvironment(environment, machine, determinism),
        data: step.inputs.flatMap((input) => (input.kind === 'data' ? [data.get(input.name)!] : [])),
      });
      Object.assign(row, {
        state: 'running',
        run_id: made,
        started_at: tx.clock.now(),
        ended_at: null,
        outcome: null,
      });
      await saveSteps(tx, [row]);
      await tx.emit({
        type: 'step.started',
        subject: `execution:${execution.id}`,
        data: { step: step.name, run: made },
      });
      return made;
    });
    node.state = 'running';
    const failed = await prepared;
    if (failed) {
      if (signal.aborted) return undefined;
      return await failedToPrepare(ctx, plan, failed.error);
    }
    return await runCommand(ctx, engine.processes, plan, variables(runId).variables, (at) => {
      row.started_at = at;
      row.start_delay_ms = Math.round((performance.now() - began) * 100) / 100;
      changed();
    });
  } finally {
    log.close();
    release();
    void removeFolder(folder).catch((error: unknown) =>
      ctx.log.warn('a step folder could not be removed', { folder, error }),
    );
  }
}

function impossible(step: Step, total: { memory: number; gpu: number }): AttemptResult {
  const what =
    step.resources.gpu > total.gpu
      ? `${step.resources.gpu} GPUs, and this machine has ${total.gpu}`
      : `${step.resources.memory} bytes of memory, and this machine can give ${Math.floor(total.memory)}`;
  return {
    outcome: { reason: 'input', message: `it asks for ${what}` },
    startedAt: undefined,
    outputs: [],
    log: undefined,
    resources: undefined,
    samples: [],
    metrics: [],
  };
}
