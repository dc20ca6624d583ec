import { Type, type Static } from 'typebox';
import { endpoint, Millis, Page, Strict } from '../http/contract.ts';

export const JobState = Type.Union(
  [
    Type.Literal('queued'),
    Type.Literal('running'),
    Type.Literal('done'),
    Type.Literal('failed'),
    Type.Literal('cancelled'),
  ],
  { description: 'queued: waits for its time or a free place; failed: all attempts are used up.' },
);

export const Job = Type.Object(
  {
    id: Type.String(),
    type: Type.String({ description: 'What kind of work: `dataset.profile`.' }),
    state: JobState,
    payload: Type.Object({}, { additionalProperties: true, description: 'What it was told.' }),
    attempt: Type.Integer({ minimum: 0, description: 'Attempts started so far.' }),
    run_at: Millis('Not before this time.'),
    created_at: Millis('When it was enqueued.'),
    started_at: Type.Optional(Millis('Start of the last attempt.')),
    finished_at: Type.Optional(Millis('When it was done, failed for good or was cancelled.')),
    scheduled_for: Type.Optional(Millis('The nominal time of the schedule that fired it.')),
    error: Type.Optional(Type.String({ description: 'Why the last attempt failed.' })),
    request_id: Type.String({ description: 'The request that enqueued it; the same in the server log.' }),
  },
  { description: 'Background work.' },
);
export type Job = Static<typeof Job>;

const JobId = Strict({ job: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the job.' }) });

export const listJobs = endpoint({
  method: 'GET',
  path: '/api/v1/jobs',
  action: 'job:read',
  summary: 'List background jobs, newest first',
  query: Strict({
    state: Type.Optional(JobState),
    type: Type.Optional(Type.String({ maxLength: 100 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 unless said.' })),
    page: Type.Optional(Type.String({ maxLength: 64, description: '`next` of the page before.' })),
  }),
  response: Page(Job),
});

export const getJob = endpoint({
  method: 'GET',
  path: '/api/v1/jobs/:job',
  action: 'job:read',
  summary: 'Show a background job',
  params: JobId,
  response: Job,
});

export const cancelJob = endpoint({
  method: 'POST',
  path: '/api/v1/jobs/:job/cancel',
  action: 'job:write',
  summary: 'Cancel a background job',
  description: 'A running attempt is told to stop; whatever it still tries to write is refused.',
  params: JobId,
  response: Job,
});
