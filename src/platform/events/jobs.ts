import { Type } from 'typebox';
import { job, type JobType } from '../jobs/index.ts';
import type { Events } from './events.ts';
import { deleteOld, selectPending } from './store.ts';

const DAY = 86_400_000;

/** Forgets events that everybody has heard: `Last-Event-ID` reaches back this far. */
export const pruneEvents = (events: Pick<Events, 'subscribers'>) =>
  job({
    name: 'event.prune',
    payload: Type.Object({ days: Type.Optional(Type.Integer({ minimum: 1 })) }),
    async run(ctx, { days = 7 }, { signal }) {
      const before = ctx.clock.now() - days * DAY;
      let below = Number.MAX_SAFE_INTEGER;
      for (const { name, types, wanted } of events.subscribers) {
        if (wanted && !(await wanted(ctx))) continue;
        const [pending] = await selectPending(ctx, name, types, 1);
        if (pending) below = Math.min(below, pending.seq);
      }
      // In portions, so that other writers get their turn.
      while (!signal.aborted && (await ctx.write((tx) => deleteOld(tx, before, below, 1_000))) > 0);
    },
  }) satisfies JobType;
