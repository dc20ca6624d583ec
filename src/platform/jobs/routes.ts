import { missing } from '../errors/index.ts';
import { route, type Route } from '../http/index.ts';
import * as contract from './contract.ts';
import type { Job } from './contract.ts';
import type { Jobs } from './jobs.ts';
import { selectJob, selectJobs, STATES, type JobRow } from './store.ts';

export const jobRoutes = (jobs: Pick<Jobs, 'cancel'>): Route[] => [
  route(contract.listJobs, async (ctx, { query: { state, type, page, limit = 100 } }) => {
    const rows = await selectJobs(ctx, {
      ...(state === undefined ? {} : { state }),
      ...(type === undefined ? {} : { type }),
      ...(page === undefined ? {} : { before: page }),
      limit: limit + 1,
    });
    const items = rows.slice(0, limit).map(toJob);
    return rows.length > limit ? { items, next: items.at(-1)!.id } : { items };
  }),
  route(contract.getJob, async (ctx, { params }) => {
    const row = await selectJob(ctx, params.job);
    if (!row)
      throw missing(`there is no job '${params.job}'`, {
        field: 'job',
        hint: 'finished jobs are kept for 7 days',
      });
    return toJob(row);
  }),
  route(contract.cancelJob, async (ctx, { params }) => toJob(await jobs.cancel(ctx, params.job))),
];

function toJob(row: JobRow): Job {
  const payload: unknown = JSON.parse(row.payload);
  const state = STATES.find((known) => known === row.state);
  if (!state || typeof payload !== 'object' || payload === null)
    throw new Error(`job ${row.id} cannot be read`);
  return {
    id: row.id,
    type: row.type,
    state,
    payload,
    attempt: row.attempt,
    run_at: row.run_at,
    created_at: row.created_at,
    ...(row.started_at === null ? {} : { started_at: row.started_at }),
    ...(row.finished_at === null ? {} : { finished_at: row.finished_at }),
    ...(row.scheduled_for === null ? {} : { scheduled_for: row.scheduled_for }),
    ...(row.error === null ? {} : { error: row.error }),
    request_id: row.request_id,
  };
}
