import type { Ctx } from '../platform/ctx/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import type { Family } from '../platform/exposition/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType, Schedule } from '../platform/jobs/index.ts';
import type { Below } from './engine.ts';
import { followSubscriber } from './follow.ts';
import { declareJob, fileSubscriber } from './from-file.ts';
import { alertSubscriber } from './hear-alerts.ts';
import { dataSubscriber, settleJob } from './hear-data.ts';
import { createEngine, sweepJob } from './jobs.ts';
import { measures } from './measures.ts';
import { loopRoutes } from './routes.ts';

export { migrations } from './schema.ts';

export interface Loops {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** Before `start`. */
  subscribers: readonly Subscriber[];
  schedule: Schedule;
  /** For `/metrics`: what the caller's workspace may see. */
  measures(ctx: Ctx): Promise<Family[]>;
}

/** The room with the doors of the rooms below handed in. */
export function openLoops(below: Below): Loops {
  const engine = createEngine(below);
  const sweep = sweepJob(engine);
  const settle = settleJob(engine);
  const declare = declareJob(engine);
  return {
    routes: loopRoutes(engine),
    jobs: [engine.turn, engine.tick, settle, declare, sweep],
    subscribers: [
      alertSubscriber(engine),
      dataSubscriber(settle),
      fileSubscriber(engine, declare),
      followSubscriber(engine),
    ],
    measures,
    schedule: { name: 'loop.sweep', type: sweep, payload: {}, cron: '*/10 * * * *' },
  };
}
