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
    /** JSON: of each thing that the file says, when it was last seen saying otherwise. */
    said_since: string | null;
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
    /** The request that a merge was looked for, and what came of it. */
    merge_for: string | null;
    merge_says: string | null;
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
  {
    id: 'gitops-002-merges',
    sql: [
      `alter table gitops add column said_since text`,
      `alter table gitops_attempt add column merge_for text`,
      `alter table gitops_attempt add column merge_says text`,
    ],
  },
];
