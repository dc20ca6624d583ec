import type { Resolvers } from '../access/index.ts';

/** What requests name of this room. */
export const subjects: Resolvers = {
  environment: (_ctx, value) =>
    typeof value === 'string' ? { kind: 'environment', name: value } : undefined,
};
