import type { Ctx, LineageEdge } from '../../platform/ctx/index.ts';
import { conflict, outwardMessageOf, type TreadleError } from '../../platform/errors/index.ts';
import type { DeployResult, GateResult } from '../contract.ts';
import type { Definition } from '../file/definition.ts';
import { selectExecution, updateExecution, type ExecutionRow } from '../store.ts';
import { stages, type Candidate, type Save } from './candidate.ts';
import type { Engine } from './engine.ts';
import { judge } from './judge.ts';
import type { EndState } from './tracker.ts';

interface Released {
  state: EndState;
  reason: string | null;
  edges: LineageEdge[];
}

/**
 * Gate, then champion, then deployment: each only when the one before let the model through. What an attempt before a crash has
 * finished is taken as it is. Rejects only when the signal does.
 */
export async function release(ctx: Ctx, engine: Engine, candidate: Candidate): Promise<Released> {
  const { execution, definition, model } = candidate;
  const name = `${model.name} version ${model.version}`;
  const ref = `execution:${execution.id}`;
  const edges: LineageEdge[] = [];
  const save = saver(ctx, engine, execution);
  const ended = (state: EndState, reason: string | null): Released => ({ state, reason, edges });

  await save({ model_version: JSON.stringify({ name: model.name, version: String(model.version) }) });
  if (definition.gate) {
    if (!engine.gatekeeper) return ended('succeeded', null); // nobody here can judge, so nothing may be used
    const gate = await judge(ctx, engine, candidate, definition.gate, save);
    if (gate.evaluation !== undefined)
      edges.push({ from: ref, to: `evaluation:${gate.evaluation}`, relation: 'judged-by' });
    const stays = definition.deploy ? `; nothing was deployed` : '';
    if (gate.state === 'failed')
      return ended('failed', `the gate could not judge ${name}: ${gate.problem ?? 'no reason was given'}`);
    if (gate.state === 'judged' && gate.verdict !== 'pass')
      return ended(
        'rejected',
        `${gate.verdict === 'fail' ? 'the gate refused' : 'the gate could not decide on'} ${name}: ${gate.reasons.map((one) => one.replace(/\.$/, '')).join('; ')}${stays}`,
      );
    // Without a verdict nothing is used.
    if (gate.state === 'skipped') return ended('succeeded', null);
    await promote(ctx, engine, candidate, gate);
  }
  if (definition.deploy && engine.deployer) {
    const deployment = await deploy(ctx, engine, candidate, definition.deploy, save);
    if (deployment.state === 'failed')
      return ended('failed', `${name} could not be deployed: ${deployment.problem}`);
    if (deployment.ref !== undefined) edges.push({ from: ref, to: deployment.ref, relation: 'deployed' });
  }
  return ended('succeeded', null);
}

/** Why work is given up for good, in words that rooms above may keep; without them somebody goes on with it. */
export const cancelledBy = (): TreadleError => conflict('the execution was cancelled');

/** What a cancel cut short shall not look as if it went on. */
export async function endCancelledRelease(ctx: Ctx, engine: Engine, id: string): Promise<void> {
  const row = await selectExecution(ctx, id);
  const gate = JSON.parse(row.gate ?? 'null') as GateResult | null; // both written by us
  const deployment = JSON.parse(row.deployment ?? 'null') as DeployResult | null;
  const ended = { state: 'skipped', stage: undefined, ended_at: ctx.clock.now() } as const;
  const save = saver(ctx, engine, row);
  if (gate?.state === 'judging')
    await save({ gate: JSON.stringify({ ...gate, ...ended, problem: 'the execution was cancelled' }) });
  if (deployment?.state === 'deploying')
    await save({
      deployment: JSON.stringify({
        ...deployment,
        ...ended,
        problem: 'the execution was cancelled meanwhile; the endpoint says what became of the revision',
      }),
    });
}

const saver =
  (ctx: Ctx, engine: Engine, { id }: ExecutionRow): Save =>
  async (change) => {
    await ctx.write(async (tx) => {
      await updateExecution(tx, id, change);
      await tx.emit({ type: 'execution.updated', subject: `execution:${id}` });
    });
    engine.hub.changed(id);
  };

async function promote(
  ctx: Ctx,
  { registrar }: Engine,
  { model, execution }: Candidate,
  gate: GateResult,
): Promise<void> {
  if (!registrar || (await registrar.champion(ctx, model.name)) === model.version) return;
  await registrar.promote(ctx, {
    ...model,
    reason: `it passed the gate of ${execution.pipeline} in execution ${gate.reused?.number ?? execution.number}`,
  });
}

async function deploy(
  ctx: Ctx,
  { deployer }: Engine,
  { execution, model, signal }: Candidate,
  { endpoint, sticky }: NonNullable<Definition['deploy']>,
  save: Save,
): Promise<DeployResult & { ref?: string }> {
  const result: DeployResult = { state: 'deploying', endpoint, started_at: ctx.clock.now() };
  const target = { endpoint, model: model.name, version: model.version, signal };
  const keep = (): Promise<void> => save({ deployment: JSON.stringify(result) });
  try {
    let revision = await deployer!.live(ctx, target);
    if (revision) result.reused = true;
    else {
      await keep();
      const say = stages(result, keep);
      revision = await deployer!.deploy(
        ctx,
        {
          ...target,
          ...(sticky === undefined ? {} : { sticky }),
          note: `execution ${execution.number} of ${execution.pipeline}`,
        },
        say.say,
      );
      await say.done();
    }
    Object.assign(result, { state: 'live', revision: revision.revision, address: revision.address });
    result.ended_at = ctx.clock.now();
    await keep();
    return { ...result, ref: revision.ref };
  } catch (error) {
    signal.throwIfAborted();
    ctx.log.warn('a model could not be deployed', { execution: execution.id, error });
    Object.assign(result, { state: 'failed', problem: outwardMessageOf(error), ended_at: ctx.clock.now() });
    delete result.stage;
    await keep();
    return result;
  }
}
