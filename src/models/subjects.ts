import type { Resolvers } from '../access/index.ts';
import { subjects as ofTracking } from '../tracking/index.ts';
import { parseSource } from './source.ts';
import { findLoggedModel } from './store-logged-models.ts';
import { nameOfRef, nameToday } from './store.ts';

/** What requests name of this room. A name from before a model was renamed leads to that model, and so to its name of today. */
export const subjects: Resolvers = {
  async model(ctx, value) {
    return typeof value === 'string' ? { kind: 'model', name: await nameToday(ctx, value) } : undefined;
  },
  /** A logged model is of its experiment, as a run is. */
  async logged_model(ctx, value) {
    const row = typeof value === 'string' ? await findLoggedModel(ctx, value, true) : undefined;
    return row && ofTracking['experiment']?.(ctx, String(row.experiment_id));
  },
  /** Where a version comes from, whose files it shows from then on: a run, a logged model, another version, or a place outside. */
  async source(ctx, value) {
    if (typeof value !== 'string') return undefined;
    const source = parseSource(value);
    if (source.kind === 'run') return ofTracking['run']?.(ctx, source.run);
    if (source.kind === 'logged-model') return subjects['logged_model']?.(ctx, source.id);
    if (source.kind === 'version') return { kind: 'model', name: source.model };
    // A place outside is text, which is never opened here.
    return { kind: 'place', listed: true };
  },
  model_name: (_ctx, value) => (typeof value === 'string' ? { kind: 'model', name: value } : undefined),
};

/** What events name: a model by what it is called for ever, a version of one, or a logged model by its id. */
export const eventSubjects: Resolvers = {
  async model(ctx, value) {
    const name = typeof value === 'string' ? await nameOfRef(ctx, value) : undefined;
    return name === undefined ? undefined : { kind: 'model', name };
  },
  model_version: (ctx, value) =>
    typeof value === 'string' ? eventSubjects['model']?.(ctx, value.replace(/\/\d{1,15}$/, '')) : undefined,
  logged_model: subjects['logged_model']!,
};
