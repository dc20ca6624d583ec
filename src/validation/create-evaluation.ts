import type { Static } from 'typebox';
import type { Ctx } from '../platform/ctx/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { createEvaluation as endpoint, Evaluation } from './contract.ts';
import { resolveGateData } from './data/gate-data.ts';
import { openEvaluation } from './open-evaluation.ts';
import { getEvaluation, waitForEnd } from './views.ts';

/** Asks for an evaluation: what cannot be found is refused now, the work itself is a job. */
export async function createEvaluation(
  ctx: Ctx,
  body: Static<(typeof endpoint)['body']>,
  job: JobType<{ evaluation: string }>,
  signal: AbortSignal,
): Promise<Evaluation> {
  const { model, version, data, champion, wait_s: wait = 0, ...spec } = body;
  const source = { kind: 'dataset', ref: data } as const;
  await resolveGateData(ctx, source);
  const id = await openEvaluation(
    ctx,
    {
      model,
      version: version.replace(/^v(?=\d+$)/, ''),
      question: { data: source, spec, ...(champion === undefined ? {} : { champion }) },
      state: 'queued',
    },
    async (tx, evaluation) => void (await tx.enqueue(job, { evaluation })),
  );
  return wait === 0 ? getEvaluation(ctx, id) : waitForEnd(ctx, id, wait, signal);
}
