import type { Resolvers } from '../access/index.ts';
import { subjectsOf } from './approvals/index.ts';

/** What requests name of this room: of a request for approval, what it would move. */
export const subjects: Resolvers = {
  /** A request that is about to be made is about what it would move, too. */
  wish: (_ctx, value) => {
    if (typeof value !== 'object' || value === null || !('target' in value) || !('model' in value))
      return undefined;
    const { target, model } = value;
    if (typeof target === 'object' && target !== null && 'endpoint' in target)
      return typeof target.endpoint === 'string' ? { kind: 'endpoint', name: target.endpoint } : undefined;
    return typeof model === 'string' ? { kind: 'model', name: model } : undefined;
  },
  request: (ctx, value) => (typeof value === 'string' ? subjectsOf(ctx, value) : undefined),
};
