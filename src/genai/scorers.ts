import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { getExperiment } from '../tracking/index.ts';
import { checkName, checkText } from './limits.ts';
import {
  findScorer,
  insertScorerVersion,
  putScorer,
  removeScorerVersions,
  selectScorers,
  type ScorerVersionRow,
} from './store-labels.ts';

/** An experiment that can be written to. */
export async function activeExperiment(ctx: Ctx, id: string): Promise<number> {
  const experiment = await getExperiment(ctx, id);
  if (experiment.state !== 'active')
    throw invalid(
      `The experiment ${id} must be in the 'active' state. Current state is ${experiment.state}`,
      {
        field: 'experiment_id',
        hint: 'restore it first',
      },
    );
  return Number(experiment.id);
}

/** Registers a version of a scorer, the first or the next. Its text is the client's: JSON, and never run here. */
export async function registerScorer(
  ctx: Ctx,
  input: { experiment: string; name: string; serialized: string },
): Promise<ScorerVersionRow> {
  const name = checkName(input.name, 'name', 256);
  checkText(input.serialized, 'serialized_scorer', 1024 * 1024);
  try {
    JSON.parse(input.serialized);
  } catch {
    throw invalid("'serialized_scorer' does not hold JSON", {
      field: 'serialized_scorer',
      hint: 'register it with scorer.register()',
    });
  }
  const experiment = await activeExperiment(ctx, input.experiment);
  return ctx.write(async (tx) => {
    const now = tx.clock.now();
    const known = await findScorer(tx, experiment, name);
    const id = known?.id ?? newId(now);
    const version = known?.next_version ?? 1;
    await putScorer(tx, {
      id,
      workspace: tx.workspace,
      experiment_id: experiment,
      name,
      next_version: version + 1,
    });
    const row = {
      workspace: tx.workspace,
      scorer_id: id,
      version,
      serialized: input.serialized,
      created_at: now,
    };
    await insertScorerVersion(tx, row);
    const resource = `scorer:${id}`;
    await tx.record({ action: 'scorer.registered', resource, after: { name, version } });
    await tx.emit({ type: 'scorer.registered', subject: resource, data: { name, version } });
    return { ...row, name, experiment_id: experiment };
  });
}

/** The newest version of each. */
export const listScorers = async (ctx: Ctx, experiments: readonly string[]): Promise<ScorerVersionRow[]> =>
  selectScorers(ctx, {
    experiments: experiments.map(Number).filter(Number.isSafeInteger),
    latest: true,
  });

const noScorer = (name: string, experiment: string, version?: number) =>
  missing(
    `Scorer with name '${name.slice(0, 80)}'${version === undefined ? '' : ` and version ${version}`} not found for experiment ${experiment}.`,
    { field: 'name', hint: 'scorers/list lists those of an experiment' },
  );

/** Every version, oldest first. */
export async function listScorerVersions(
  ctx: Ctx,
  experiment: string,
  name: string,
): Promise<ScorerVersionRow[]> {
  const number = Number((await getExperiment(ctx, experiment)).id);
  const found = await selectScorers(ctx, { experiments: [number], name, latest: false });
  if (found.length === 0) throw noScorer(name, experiment);
  return found;
}

/** The newest version unless one is asked for. */
export async function getScorer(
  ctx: Ctx,
  experiment: string,
  name: string,
  version?: number,
): Promise<ScorerVersionRow> {
  const number = Number((await getExperiment(ctx, experiment)).id);
  const [found] = await selectScorers(ctx, {
    experiments: [number],
    name,
    version,
    latest: version === undefined,
  });
  if (!found) throw noScorer(name, experiment, version);
  return found;
}

/** One version, or all. */
export async function deleteScorer(
  ctx: Ctx,
  experiment: string,
  name: string,
  version?: number,
): Promise<void> {
  const number = await activeExperiment(ctx, experiment);
  await ctx.write(async (tx) => {
    const scorer = await findScorer(tx, number, name);
    if (!scorer) throw noScorer(name, experiment);
    if ((await removeScorerVersions(tx, scorer.id, version)) === 0) throw noScorer(name, experiment, version);
    const resource = `scorer:${scorer.id}`;
    await tx.record({ action: 'scorer.deleted', resource, before: { name, version: version ?? null } });
    await tx.emit({ type: 'scorer.deleted', subject: resource });
  });
}
