import { Type } from 'typebox';
import { outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import { job } from '../platform/jobs/index.ts';
import { execute } from './run/execute.ts';
import type { Engine } from './run/engine.ts';
import { endOpenSteps, updateExecution } from './store.ts';

/**
 * One job is one execution: its lease keeps two servers from driving the same one, and its fence keeps the writes of a dead one
 * out. A crash only ever means that the next attempt goes on, so attempts have no end.
 */
export const runExecution = (engine: Engine) =>
  job({
    name: 'execution.run',
    payload: Type.Object({ execution: Type.String() }),
    attempts: 1_000_000,
    backoff: 0,
    // Steps share the machine by its cores; this only bounds how many graphs are held in memory.
    concurrency: 64,
    async run(ctx, { execution }, run) {
      try {
        await execute(ctx, execution, run, engine);
      } catch (error) {
        // A stop of the server or a lost lease: somebody goes on with it. Anything else would fail again in the same way.
        if (run.signal.aborted) throw error;
        const said = outwardMessageOf(error);
        // What somebody did meanwhile, such as deleting the experiment, is told in our own words; the rest is a fault of ours.
        const known = error instanceof TreadleError && error.kind !== 'unavailable';
        if (known) ctx.log.warn('an execution could not go on', { execution, error });
        else ctx.log.error('an execution failed inside Treadle', { execution, error });
        const reason = known
          ? `it could not go on: ${said}${error.hint === undefined ? '' : `; ${error.hint}`}`
          : `something went wrong inside Treadle: ${said}`;
        await ctx.write(async (tx) => {
          await updateExecution(tx, execution, { state: 'failed', reason, ended_at: tx.clock.now() });
          await endOpenSteps(tx, execution, 'lost', JSON.stringify({ reason: 'lost', message: said }));
          await tx.record({
            action: 'execution.failed',
            resource: `execution:${execution}`,
            reason: said,
          });
          await tx.emit({ type: 'execution.failed', subject: `execution:${execution}` });
          await run.finish(tx);
        });
      }
    },
  });
