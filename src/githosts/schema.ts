import type { Migration } from '../platform/db/index.ts';

export type GitHostTables = {
  git_host: {
    id: string;
    workspace: string;
    name: string;
    kind: string;
    url: string;
    repository: string;
    file: string;
    /** What the host's API asks for; bound to kind, address and repository. */
    token: string | null;
    /** What its webhooks are signed with. */
    secret: string | null;
    created_at: number;
    created_by: string;
    updated_at: number;
  };
  /** A delivery is heard once. */
  git_delivery: { host_id: string; delivery: string; at: number };
  /** A release that is a deployment on the host. */
  git_deployment: {
    workspace: string;
    host_id: string;
    release: string;
    /** The host's own id of it. */
    remote_id: number;
    /** As what it was told last. */
    told: string;
  };
  git_check: {
    id: string;
    workspace: string;
    host_id: string;
    /** `<branch>:<commit>`: what is told twice, also as a push and in a pull request, is checked once. */
    occurrence: string;
    commit_id: string;
    branch: string;
    base: string | null;
    pull_request: number | null;
    state: string;
    execution: string | null;
    verdict: string | null;
    problem: string | null;
    created_at: number;
    ended_at: number | null;
  };
};

export const migrations: Migration[] = [
  {
    id: 'githosts-001',
    sql: [
      `create table git_host (
        id text primary key,
        workspace text not null,
        name text not null,
        kind text not null,
        url text not null,
        repository text not null,
        file text not null,
        token text,
        secret text,
        created_at bigint not null,
        created_by text not null,
        updated_at bigint not null,
        unique (workspace, name)
      )`,
      `create table git_delivery (
        host_id text not null references git_host (id),
        delivery text not null,
        at bigint not null,
        primary key (host_id, delivery)
      )`,
      `create table git_check (
        id text primary key,
        workspace text not null,
        host_id text not null references git_host (id),
        occurrence text not null,
        commit_id text not null,
        branch text not null,
        base text,
        pull_request bigint,
        state text not null,
        execution text,
        verdict text,
        problem text,
        created_at bigint not null,
        ended_at bigint,
        unique (host_id, occurrence)
      )`,
      `create index git_check_by_time on git_check (workspace, id)`,
      `create index git_check_by_execution on git_check (workspace, execution)`,
    ],
  },
  {
    id: 'githosts-002',
    sql: [
      `create table git_deployment (
        workspace text not null,
        host_id text not null references git_host (id),
        release text not null,
        remote_id bigint not null,
        told text not null,
        primary key (host_id, release)
      )`,
    ],
  },
];
