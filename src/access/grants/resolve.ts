import type { Resolvers } from '../authorize.ts';
import { findGrant } from './store.ts';

/**
 * What routes about grants are about. A pattern is asked for as if it were a name: what a wider pattern covers as text it covers in all
 * that it stands for, since no name holds a `*` of its own.
 */
export const grantResolvers: Resolvers = {
  granted: (_ctx, value) =>
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    'name' in value &&
    typeof value.kind === 'string' &&
    typeof value.name === 'string'
      ? { kind: value.kind, name: value.name }
      : undefined,
  async grant(ctx, value) {
    const row = typeof value === 'string' ? await findGrant(ctx, value) : undefined;
    return row && { kind: row.kind, name: row.name };
  },
};
