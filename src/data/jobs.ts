import { Type } from 'typebox';
import { job } from '../platform/jobs/index.ts';

/** What a commit enqueues: profile the tables of a version. `profileJob` adds the hands, which only the server has. */
export const PROFILE = job({
  name: 'dataset.profile',
  payload: Type.Object({ version: Type.String() }),
  attempts: 2,
  concurrency: 1,
  run: () => Promise.reject(new Error('the profile job is not wired')),
});
