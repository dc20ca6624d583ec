import type { Resolvers } from '../access/index.ts';
import { parseRef } from './parse-ref.ts';

const dataset = (name: string) => ({ kind: 'dataset', name });

/** What requests name of this room: a dataset, or a version of one as `flights@v3`. */
export const subjects: Resolvers = {
  dataset: (_ctx, value) => (typeof value === 'string' ? dataset(value) : undefined),
  dataset_ref(_ctx, value) {
    const ref = typeof value === 'string' ? parseRef(value) : undefined;
    return ref && dataset(ref.dataset);
  },
};
