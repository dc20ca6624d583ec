import type { Resolvers } from '../access/index.ts';

/** What requests name of this room. */
export const subjects: Resolvers = {
  endpoint: (_ctx, value) => (typeof value === 'string' ? { kind: 'endpoint', name: value } : undefined),
};
