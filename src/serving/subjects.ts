import type { Resolvers } from '../access/index.ts';
import { selectEndpointsById, selectRevisionsById } from './store.ts';

/** What requests name of this room. */
export const subjects: Resolvers = {
  endpoint: (_ctx, value) => (typeof value === 'string' ? { kind: 'endpoint', name: value } : undefined),
};

/** What events name by their ids: an endpoint, or a revision of one. */
export const eventSubjects: Resolvers = {
  async endpoint(ctx, value) {
    const [row] = typeof value === 'string' ? await selectEndpointsById(ctx, [value]) : [];
    return row && { kind: 'endpoint', name: row.name };
  },
  async revision(ctx, value) {
    const [row] = typeof value === 'string' ? await selectRevisionsById(ctx, [value]) : [];
    return row && eventSubjects['endpoint']?.(ctx, row.endpoint_id);
  },
};
