import type { Ctx, LineageEdge } from '../../platform/ctx/index.ts';
import { conflict, outwardMessageOf, TreadleError } from '../../platform/errors/index.ts';
import type { DeployResult, GateResult } from '../contract.ts';
import type { Definition } from '../file/definition.ts';
import { selectExecution, updateExecution, type ExecutionRow } from '../store.ts';
import { stages, type Candidate, type Save } from './candidate.ts';
import type { Engine, Standing } from './engine.ts';
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
  // What it is judged for is to replace what answers now: should that change meanwhile, it is not deployed.
  const stands = await standing(ctx, engine, candidate);
  if (definition.gate) {
    if (!engine.gatekeeper) return ended('succeeded', null); // nobody here can judge, so nothing may be used
    const gate = await judge(ctx, engine, candidate, definition.gate, save);
    if (gate.evaluation !== undefined)
      edges.push({ from: ref, to: `evaluation:${gate.evaluation}`, relation: 'judged-by' });
    if (gate.state === 'failed')
      return ended('failed', `the gate could not judge ${name}: ${gate.problem ?? 'no reason was given'}`);
    if (gate.state === 'judged' && gate.verdict !== 'pass') {
      const inUse = await inUseOf(ctx, engine, candidate, stands);
      if (inUse !== undefined) await save({ gate: JSON.stringify({ ...gate, in_use: inUse }) });
      const stays = inUse ?? (definition.deploy ? 'nothing was deployed' : undefined);
      return ended(
        'rejected',
        `${gate.verdict === 'fail' ? 'the gate refused' : 'the gate could not decide on'} ${name}: ${[...gate.reasons.map((one) => one.replace(/\.$/, '')), ...(stays === undefined ? [] : [stays])].join('; ')}`,
      );
    }
    // Without a verdict nothing is used.
    if (gate.state === 'skipped') return ended('succeeded', null);
    await promote(ctx, engine, candidate, gate);
  }
  if (definition.deploy && engine.deployer) {
    const deployment = await deploy(ctx, engine, candidate, definition.deploy, stands?.revision ?? 0, save);
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

const standing = async (
  ctx: Ctx,
  { deployer }: Engine,
  { definition, model: { name, version } }: Candidate,
): Promise<Standing | undefined> =>
  definition.deploy && deployer?.stands(ctx, { endpoint: definition.deploy.endpoint, model: name, version });

/** A version that does not pass now may have passed before, and be in use since: that is said, and not changed. */
async function inUseOf(
  ctx: Ctx,
  { registrar }: Engine,
  { definition, model }: Candidate,
  stands: Standing | undefined,
): Promise<string | undefined> {
  const champion = (await registrar?.champion(ctx, model.name)) === model.version;
  const endpoint = stands?.answers === true ? definition.deploy?.endpoint : undefined;
  if (!champion && endpoint === undefined) return undefined;
  const uses = [
    ...(champion ? ['is the champion'] : []),
    ...(endpoint === undefined ? [] : [`answers at endpoint ${endpoint}`]),
  ].join(' and ');
  const ends =
    endpoint === undefined
      ? `to end that, point the alias at another: treadle models alias ${model.name} champion VERSION`
      : `to end that: treadle rollback ${endpoint}`;
  return `it ${uses} from before, and stays so (${ends})`;
}

async function deploy(
  ctx: Ctx,
  { deployer }: Engine,
  { execution, model, signal }: Candidate,
  { endpoint, sticky, replace }: NonNullable<Definition['deploy']>,
  expects: number,
  save: Save,
): Promise<DeployResult & { ref?: string }> {
  const result: DeployResult = { state: 'deploying', endpoint, started_at: ctx.clock.now() };
  const target = { endpoint, model: model.name, version: model.version, signal };
  const keep = (): Promise<void> => save({ deployment: JSON.stringify(result) });
  try {
    let revision = await deployer!.live(ctx, target);
    if (revision) result.reused = true;
    else {
      const { taken } = await deployer!.stands(ctx, target);
      if (taken) {
        Object.assign(result, { state: 'held', problem: heldWords(model, endpoint, taken) });
        result.ended_at = ctx.clock.now();
        await keep();
        return result;
      }
      await keep();
      const say = stages(result, keep);
      revision = await deployer!.deploy(
        ctx,
        {
          ...target,
          ...(sticky === undefined ? {} : { sticky }),
          ...(replace === undefined ? {} : { replace }),
          expects,
          note: `execution ${execution.number} of ${execution.pipeline}`,
          asked_by: `execution:${execution.id}`,
        },
        say.say,
      );
      await say.done();
    }
    Object.assign(result, { state: 'live', revision: revision.revision, address: revision.address });
    if (revision.warnings.length > 0) result.warnings = [...revision.warnings];
    result.ended_at = ctx.clock.now();
    await keep();
    return { ...result, ref: revision.ref };
  } catch (error) {
    signal.throwIfAborted();
    ctx.log.warn('a model could not be deployed', { execution: execution.id, error });
    const hint = error instanceof TreadleError && error.hint !== undefined ? `; ${error.hint}` : '';
    const problem = `${outwardMessageOf(error)}${hint}`;
    Object.assign(result, { state: 'failed', problem, ended_at: ctx.clock.now() });
    delete result.stage;
    await keep();
    return result;
  }
}

/** Who took the version away, and how it comes back on purpose: a cached pipeline says the same each time that it is run. */
function heldWords(
  { name, version }: Candidate['model'],
  endpoint: string,
  { revision, cause, by, note }: NonNullable<Standing['taken']>,
): string {
  const act =
    cause === 'deploy'
      ? `another deployment by ${by}`
      : cause === 'rollback'
        ? `a rollback by ${by}`
        : 'a rollback because it could not answer';
  const why = note === undefined ? '' : `: “${note}”`;
  return `revision ${revision} took ${name} v${version} away from ${endpoint} (${act}${why}), and running the pipeline again does not undo that; to deploy it on purpose: treadle deploy ${name}@v${version} --to ${endpoint}`;
}
