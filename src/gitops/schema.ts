import type { Migration } from '../platform/db/index.ts';

export type GitOpsTables = {
  gitops: {
    workspace: string;
    environment: string;
    host: string;
    branch: string;
    path: string;
    mode: string;
    commit_id: string | null;
    /** JSON: `DesiredState`, as it was read last. */
    desired: string | null;
    problem: string | null;
    looked_at: number | null;
    created_at: number;
    created_by: string;
  };
  /** What was last asked for at an endpoint. */
  gitops_attempt: {
    workspace: string;
    environment: string;
    endpoint: string;
    /** Digest of the wish. */
    sum: string;
    release_id: string;
    tries: number;
    at: number;
  };
};

export const migrations: Migration[] = [
  {
    id: 'gitops-001',
    sql: [
      `create table gitops (
        workspace text not null,
        environment text not null,
        host text not null,
        branch text not null,
        path text not null,
        mode text not null,
        commit_id text,
        desired text,
        problem text,
        looked_at bigint,
        created_at bigint not null,
        created_by text not null,
        primary key (workspace, environment)
      )`,
      `create table gitops_attempt (
        workspace text not null,
        environment text not null,
        endpoint text not null,
        sum text not null,
        release_id text not null,
        tries bigint not null,
        at bigint not null,
        primary key (workspace, environment, endpoint)
      )`,
    ],
  },
];
