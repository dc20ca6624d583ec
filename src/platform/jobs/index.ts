export { job, type EnqueueOptions, type JobRun, type JobType, type Schedule } from './job.ts';
export { createJobs, type Jobs, type JobsOptions } from './jobs.ts';
export { removeSchedule, setSchedule } from './schedules.ts';
export { jobRoutes } from './routes.ts';
export { migrations } from './schema.ts';
export { countJobs } from './store.ts';
