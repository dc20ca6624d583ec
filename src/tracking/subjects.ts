import type { Resolvers } from '../access/index.ts';
import { findExperiment } from './store/experiments.ts';
import { experimentOfRun } from './store/runs.ts';
import { DEFAULT_EXPERIMENT } from './well-known.ts';

const experiment = (name: string | undefined) =>
  name === undefined ? undefined : { kind: 'experiment', name };

/** What requests name of this room. A run is of its experiment: whoever may do something there may do it with the run. */
export const subjects: Resolvers = {
  async experiment(ctx, value) {
    if (typeof value !== 'string') return undefined;
    const found = await findExperiment(ctx, { id: value });
    // The default one is made when somebody first asks for it.
    return experiment(found?.name ?? (value === DEFAULT_EXPERIMENT.id ? DEFAULT_EXPERIMENT.name : undefined));
  },
  experiment_name: (_ctx, value) => (typeof value === 'string' ? experiment(value) : undefined),
  /** A path in the tree of artifacts: the first part of it is the id of the experiment whose it is. */
  async artifact(ctx, value) {
    const id = typeof value === 'string' ? (/^(0|[1-9]\d{0,14})(\/|$)/.exec(value)?.[1] ?? '') : '';
    return experiment((await findExperiment(ctx, { id }))?.name);
  },
  async run(ctx, value) {
    return typeof value === 'string' ? experiment(await experimentOfRun(ctx, value)) : undefined;
  },
};

/** What events name: an experiment or a run by its id. */
export const eventSubjects: Resolvers = {
  experiment: subjects['experiment']!,
  run: subjects['run']!,
};
