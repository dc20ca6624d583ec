import type { Migration } from '../platform/db/index.ts';

export type ReleaseTables = {
  release: {
    id: string;
    workspace: string;
    model: string;
    model_ref: string;
    version: number;
    version_ref: string;
    state: string;
    /** JSON: what is asked for (`Wish`). */
    wish: string;
    /** The execution that registered the version; none: asked for by hand. */
    execution: string | null;
    pipeline: string | null;
    number: number | null;
    endpoint: string | null;
    /** The revision of the endpoint that it is meant to replace; 0: none answered. */
    expects: number | null;
    evaluation: string | null;
    revision: string | null;
    /** 1: it moved the alias champion. */
    moved_alias: number;
    /** JSON: GateResult and DeployResult. */
    gate: string | null;
    deployment: string | null;
    reason: string | null;
    cancel_by: string | null;
    /** JSON: how far its rollout has come (`Progress`), and its evidence over time (`Point[]`). */
    rollout: string | null;
    rollout_points: string | null;
    /** Counts the writes of the rollout: who saw an earlier one writes nothing. */
    rollout_writes: number;
    /** Of whom it was asked for from above: asked again, it is the same release. */
    request_key: string | null;
    /** The person who asked, where it was one. */
    created_user: string | null;
    /** JSON, once it waited for an approval: the request, and the state from which it goes on. */
    awaits: string | null;
    created_at: number;
    created_by: string;
    updated_at: number;
    ended_at: number | null;
  };
  /** One row a step of its way, written in the transaction of the step itself. */
  release_transition: {
    release_id: string;
    seq: number;
    state: string;
    at: number;
    note: string | null;
  };
};

export const migrations: Migration[] = [
  {
    id: 'releases-001',
    sql: [
      `create table release (
        id text primary key,
        workspace text not null,
        model text not null,
        model_ref text not null,
        version bigint not null,
        version_ref text not null,
        state text not null,
        wish text not null,
        execution text,
        pipeline text,
        number bigint,
        endpoint text,
        expects bigint,
        evaluation text,
        revision text,
        moved_alias bigint not null,
        gate text,
        deployment text,
        reason text,
        cancel_by text,
        created_at bigint not null,
        created_by text not null,
        updated_at bigint not null,
        ended_at bigint,
        unique (workspace, execution)
      )`,
      // Ids sort by time: the newest of a workspace, of a model, of an endpoint.
      `create index release_by_time on release (workspace, id)`,
      `create index release_by_model on release (workspace, model_ref, id)`,
      `create index release_by_endpoint on release (workspace, endpoint, id)`,
      `create table release_transition (
        release_id text not null references release (id),
        seq bigint not null,
        state text not null,
        at bigint not null,
        note text,
        primary key (release_id, seq)
      )`,
    ],
  },
  {
    id: 'releases-002-rollout',
    sql: [
      `alter table release add column rollout text`,
      `alter table release add column rollout_points text`,
      `alter table release add column rollout_writes bigint not null default 0`,
      `alter table release add column request_key text`,
      `create unique index release_by_key on release (workspace, request_key)`,
    ],
  },
  {
    id: 'releases-003-approvals',
    sql: [`alter table release add column created_user text`, `alter table release add column awaits text`],
  },
];
