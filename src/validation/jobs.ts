import { Type } from 'typebox';
import { job } from '../platform/jobs/index.ts';
import { runEvaluation, type Bench } from './judge.ts';

/** One job is one evaluation. A second attempt begins from the start: nothing of the first is written but its stage. */
export const evaluationJob = (bench: Bench) =>
  job({
    name: 'evaluation.run',
    payload: Type.Object({ evaluation: Type.String() }),
    attempts: 2,
    concurrency: 2,
    run: (ctx, { evaluation }, run) =>
      runEvaluation(
        ctx,
        bench,
        evaluation,
        () => undefined,
        run.signal,
        (tx) => run.finish(tx),
      ),
  });
