import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { Experiment } from './contract.ts';
import { checkExperimentName, checkExperimentTags } from './limits.ts';
import {
  findExperiment,
  insertExperiment,
  selectExperiment,
  upsertExperimentTags,
} from './store/experiments.ts';
import { DEFAULT_EXPERIMENT, NOTE_TAG } from './well-known.ts';

export interface NewExperiment {
  name: string;
  note?: string;
  tags?: Readonly<Record<string, string>>;
  /** Where clients write artifacts by themselves. Kept as text, never opened by the server. */
  artifactLocation?: string;
}

export async function createExperiment(ctx: Ctx, input: NewExperiment): Promise<Experiment> {
  checkExperimentName(input.name);
  const tags = { ...input.tags, ...(input.note === undefined ? {} : { [NOTE_TAG]: input.note }) };
  checkExperimentTags(tags);
  const location =
    input.artifactLocation === undefined || input.artifactLocation === ''
      ? null
      : checkLocation(input.artifactLocation);
  await ensureDefaultExperiment(ctx);
  return ctx.write(async (tx) => {
    const id = await insertExperiment(tx, { name: input.name, artifact_location: location });
    await upsertExperimentTags(tx, id, tags);
    await tx.record({
      action: 'experiment.created',
      resource: `experiment:${id}`,
      after: { name: input.name },
    });
    await tx.emit({ type: 'experiment.created', subject: `experiment:${id}` });
    return selectExperiment(tx, id);
  });
}

/** Every workspace has experiment 0, made when something first looks for it. */
export async function ensureDefaultExperiment(ctx: Ctx): Promise<void> {
  if (await findExperiment(ctx, { id: DEFAULT_EXPERIMENT.id })) return;
  const make = ctx.write(async (tx) => {
    if (await findExperiment(tx, { id: DEFAULT_EXPERIMENT.id })) return;
    await insertExperiment(tx, { id: 0, name: DEFAULT_EXPERIMENT.name, artifact_location: null });
    await tx.record({
      action: 'experiment.created',
      resource: 'experiment:0',
      after: { name: DEFAULT_EXPERIMENT.name },
    });
  });
  try {
    await make;
  } catch (error) {
    // Of two who look for it first on Postgres, the other one made it.
    if (!(await findExperiment(ctx, { id: DEFAULT_EXPERIMENT.id }))) throw error;
  }
}

function checkLocation(location: string): string {
  // The server never follows it, but clients do: nothing in it may read differently to them.
  if (location.length > 500 || /[\p{Cc}#?]|\.\.|%2e/iu.test(location)) {
    throw invalid(
      "Invalid artifact_location: it may not hold '..', '#', '?' or control characters, nor more than 500 characters",
      {
        field: 'artifact_location',
        hint: 'leave it out, and Treadle keeps the artifacts',
      },
    );
  }
  return location;
}
