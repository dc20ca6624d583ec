import type { Resolvers } from '../access/index.ts';
import { parseRef } from './parse-ref.ts';
import { selectNames } from './store.ts';

const dataset = (name: string) => ({ kind: 'dataset', name });

/** What requests name of this room: a dataset, or a version of one as `flights@v3`. */
export const subjects: Resolvers = {
  dataset: (_ctx, value) => (typeof value === 'string' ? dataset(value) : undefined),
  dataset_ref(_ctx, value) {
    const ref = typeof value === 'string' ? parseRef(value) : undefined;
    return ref && dataset(ref.dataset);
  },
};

async function byId(...[ctx, value]: Parameters<Resolvers[string]>) {
  const [found] = typeof value === 'string' ? await selectNames(ctx, [value]) : [];
  return found && dataset(found.dataset);
}

/** What events name by their ids: a dataset, or a version of one. */
export const eventSubjects: Resolvers = { dataset: byId, dataset_version: byId };
