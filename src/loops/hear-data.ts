import { Type } from 'typebox';
import { parseRef } from '../data/contract.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import { job, type JobRun, type JobType } from '../platform/jobs/index.ts';
import { DEFAULTS } from './contract.ts';
import type { Engine } from './engine.ts';
import { fire } from './fire.ts';
import { newData } from './new-data.ts';
import { settingsOf } from './settings.ts';
import { findLoopById, selectLoops } from './store.ts';
import { readTrigger } from './triggers.ts';

/** Loops of a workspace that are looked at for each version that comes. */
const MANY = 1000;

type SettleJob = JobType<{ loop: string; trigger: string; version: string }>;

/** A version that comes is looked at when nothing newer has come for a while: data that arrives in pieces turns a loop once. */
export const dataSubscriber = (settle: SettleJob): Subscriber => ({
  name: 'loops.data',
  // Rows are known once a version is profiled.
  types: ['dataset_version.committed', 'dataset_version.profiled', 'dataset.branch_moved'],
  async handle(tx, { seq, data }) {
    const { dataset, version } = (data ?? {}) as { dataset?: string; version?: string };
    if (dataset === undefined || version === undefined) return;
    for (const loop of await selectLoops(tx, { limit: MANY }))
      for (const trigger of settingsOf(loop).triggers) {
        if (trigger.kind !== 'data' || parseRef(trigger.data ?? '')?.dataset !== dataset) continue;
        await tx.enqueue(
          settle,
          { loop: loop.id, trigger: readTrigger(trigger, 'trigger'), version },
          {
            runAt: tx.clock.now() + (trigger.debounce_ms ?? DEFAULTS.debounce_ms),
            uniqueKey: `${loop.id}/${seq}/${version}`,
          },
        );
      }
  },
});

export const settleJob = (engine: Engine): SettleJob =>
  job({
    name: 'loop.settle',
    payload: Type.Object({ loop: Type.String(), trigger: Type.String(), version: Type.String() }),
    // It begins anew safely at any point, and nothing else would look at this version.
    attempts: 1_000_000,
    concurrency: 2,
    run: (ctx, { loop, trigger, version }, run) => settle(ctx, engine, loop, trigger, version, run),
  });

async function settle(
  ctx: Ctx,
  engine: Engine,
  id: string,
  name: string,
  version: string,
  run: JobRun,
): Promise<void> {
  const loop = await findLoopById(ctx, id);
  const trigger =
    loop &&
    settingsOf(loop).triggers.find((one) => one.kind === 'data' && readTrigger(one, 'trigger') === name);
  const found = loop && trigger && (await newData(ctx, engine, loop.pipeline, trigger));
  await ctx.write(async (tx) => {
    // A newer version has a job of its own.
    if (found?.enough === true && found.version === version)
      await fire(tx, engine, loop!, {
        trigger: name,
        kind: 'data',
        occurrence: version,
        cause: found.words,
        cause_ref: `dataset_version:${version}`,
      });
    await run.finish(tx);
  });
}
