import { Type } from 'typebox';
import type { Subscriber } from '../platform/events/index.ts';
import { job, type JobType } from '../platform/jobs/index.ts';
import type { Engine } from './engine.ts';
import { lookAgain } from './move.ts';
import { setLoop } from './set-loop.ts';
import { findLoop, selectLoops } from './store.ts';

/** Loops of one pipeline. */
const MANY = 500;

type DeclareJob = JobType<{ execution: string }>;

/** Whoever runs a project says by its file what shall run it again. */
export const fileSubscriber = (engine: Engine, declare: DeclareJob): Subscriber => ({
  name: 'loops.files',
  types: ['execution.created'],
  async handle(tx, { subject, data }) {
    await tx.enqueue(declare, { execution: subject.replace(/^execution:/, '') });
    // It brought code that a push may wait for.
    const { pipeline } = (data ?? {}) as { pipeline?: string };
    for (const loop of pipeline === undefined ? [] : await selectLoops(tx, { pipeline, limit: MANY }))
      await lookAgain(tx, engine, loop.id);
  },
});

/**
 * Takes `loop:` of the file over, where it says something else than it did last: what a person set since stays until then. A file that no
 * longer has it leaves a loop without triggers.
 */
export const declareJob = (engine: Engine): DeclareJob =>
  job({
    name: 'loop.declare',
    payload: Type.Object({ execution: Type.String() }),
    // Nothing else would read this file.
    attempts: 1_000_000,
    async run(ctx, { execution }) {
      const file = await engine.pipelines.declared(ctx, execution);
      if (!file) return;
      const { pipeline, loop } = file;
      const before = await findLoop(ctx, pipeline);
      const said = JSON.stringify(loop ?? null);
      if (before ? (before.declared ?? 'null') === said : !loop) return;
      await setLoop(ctx, engine, pipeline, { pipeline, ...(loop ?? { triggers: [] }) }, said);
    },
  });
