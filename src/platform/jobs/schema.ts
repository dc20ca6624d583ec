import type { Migration } from '../db/index.ts';

export type JobTables = {
  job: {
    id: string;
    workspace: string;
    type: string;
    payload: string;
    /** queued, running, done, failed, cancelled */
    state: string;
    run_at: number;
    attempt: number;
    fence: number;
    holder: string | null;
    lease_until: number | null;
    unique_key: string | null;
    scheduled_for: number | null;
    request_id: string;
    error: string | null;
    created_at: number;
    started_at: number | null;
    finished_at: number | null;
  };
  job_schedule: {
    workspace: string;
    name: string;
    type: string;
    payload: string;
    cron: string;
    time_zone: string;
    catch_up: string;
    next_at: number;
  };
};

export const migrations: Migration[] = [
  {
    id: 'jobs-001',
    sql: [
      `create table job (
        id text primary key,
        workspace text not null,
        type text not null,
        payload text not null,
        state text not null,
        run_at bigint not null,
        attempt bigint not null,
        fence bigint not null,
        holder text,
        lease_until bigint,
        unique_key text,
        scheduled_for bigint,
        request_id text not null,
        error text,
        created_at bigint not null,
        started_at bigint,
        finished_at bigint
      )`,
      `create index job_to_do on job (state, type, run_at)`,
      `create index job_by_workspace on job (workspace, id)`,
      `create unique index job_once on job (workspace, type, unique_key)`,
      `create table job_schedule (
        workspace text not null,
        name text not null,
        type text not null,
        payload text not null,
        cron text not null,
        time_zone text not null,
        catch_up text not null,
        next_at bigint not null,
        primary key (workspace, name)
      )`,
    ],
  },
  {
    id: 'jobs-002-ended',
    sql: [
      // What is forgotten a week after its end, and a workspace's jobs of one state: neither may read through all that are done.
      `create index job_ended on job (finished_at)`,
      `create index job_by_state on job (workspace, state, id)`,
    ],
  },
];
