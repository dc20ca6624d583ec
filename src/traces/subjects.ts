import type { Resolvers } from '../access/index.ts';
import { subjects as ofTracking } from '../tracking/index.ts';
import { experimentOfTrace } from './store/traces.ts';

/** What requests name of this room. A trace is of its experiment: whoever may do something there may do it with the trace. */
export const subjects: Resolvers = {
  async trace(ctx, value) {
    if (typeof value !== 'string') return undefined;
    const experiment = await experimentOfTrace(ctx, value);
    return experiment === undefined ? undefined : ofTracking['experiment']!(ctx, String(experiment));
  },
};
