import type { Migration } from '../platform/db/index.ts';

export type ServingTables = {
  /** One row: what all workspaces share. */
  serving_state: { id: number; last_serial: number; prediction_key: string };
  endpoint: {
    id: string;
    workspace: string;
    name: string;
    description: string | null;
    created_at: number;
    updated_at: number;
    created_by: string;
    /** The highest number ever given. */
    last_revision: number;
    /** A name that is deployed to again takes up its row: numbers are never used twice. */
    deleted_at: number | null;
    /** What is kept of its predictions; as the server does by default where it is null. */
    records: string | null;
    /** How long they are kept, ms; as long as the server keeps them by default where it is null. */
    keep_ms: number | null;
    /** JSON: `RecordRules`, in the order in which they held; all is recorded as it is where it is null. */
    rules: string | null;
  };
  /** Recorded predictions: one row for each file of them that is whole. */
  prediction_segment: {
    id: string;
    workspace: string;
    endpoint_id: string;
    revision: number;
    serial: number;
    role: string;
    /** Below the data folder, with `/`. */
    file: string;
    /** First and last answer. */
    from_at: number;
    to_at: number;
    predictions: number;
    row_count: number;
    bytes: number;
    created_at: number;
    /** 1: the segments of an hour made one; 0: a segment. */
    merged: number;
    /** Says which columns it has, once it was looked at: files of an hour with equal ones become one. */
    form: string | null;
  };
  /** Recorded predictions that were taken away: of an endpoint, what was answered from the first to the last of them. */
  prediction_deletion: {
    id: string;
    workspace: string;
    endpoint_id: string;
    from_at: number;
    to_at: number;
    predictions: number;
    row_count: number;
    /** `age`: older than the endpoint keeps them; `room`: the oldest where all together were too much. */
    reason: string;
    /** How long they were kept by then; null where that was not why. */
    keep_ms: number | null;
    deleted_at: number;
  };
  revision: {
    id: string;
    workspace: string;
    endpoint_id: string;
    revision: number;
    /** Number over all endpoints and workspaces: what a prediction id carries. */
    serial: number;
    cause: string;
    restores: number | null;
    /** JSON: the noun's `variants`. */
    variants: string;
    /** JSON, once prepared: a `ModelPlace` for each variant, in their order; paths begin at the data folder. */
    places: string | null;
    /** JSON: what was asked for of each variant: runtime and longest loading. */
    wishes: string;
    sticky: number;
    strict: number;
    state: string;
    problem: string | null;
    note: string | null;
    /** Who asked for it, where that was no person: `release:<id>`. */
    asked_by: string | null;
    /** A step of a rollout: the revision that answered before the rollout, which a rollback goes back to; 0: to none. */
    back: number | null;
    /** JSON: what should be known of it although nothing forbade it. */
    warnings: string | null;
    created_at: number;
    created_by: string;
    live_at: number | null;
    ended_at: number | null;
    load_ms: number | null;
  };
  /** What one variant did in a minute. */
  serving_minute: {
    workspace: string;
    endpoint_id: string;
    serial: number;
    role: string;
    /** When it began, ms since 1970. */
    minute: number;
    /** The server that says so: each start is another one. */
    writer: string;
    revision: number;
    model: string;
    version: number;
    /** JSON: the counts and latencies of `VariantStats`. */
    stats: string;
  };
};

export const migrations: Migration[] = [
  {
    id: 'serving-001',
    sql: [
      `create table serving_state (
        id bigint primary key,
        last_serial bigint not null,
        prediction_key text not null
      )`,
      `create table endpoint (
        id text primary key,
        workspace text not null,
        name text not null,
        description text,
        created_at bigint not null,
        updated_at bigint not null,
        created_by text not null,
        last_revision bigint not null,
        deleted_at bigint,
        unique (workspace, name)
      )`,
      `create table revision (
        id text primary key,
        workspace text not null,
        endpoint_id text not null references endpoint (id),
        revision bigint not null,
        serial bigint not null unique,
        cause text not null,
        restores bigint,
        variants text not null,
        places text,
        wishes text not null,
        sticky bigint not null,
        strict bigint not null,
        state text not null,
        problem text,
        note text,
        created_at bigint not null,
        created_by text not null,
        live_at bigint,
        ended_at bigint,
        load_ms double precision,
        unique (endpoint_id, revision)
      )`,
      // What answers, and what is being prepared: a handful of rows among thousands.
      `create index revision_by_state on revision (workspace, endpoint_id, state, revision)`,
    ],
  },
  {
    id: 'serving-002',
    sql: [`alter table revision add column asked_by text`, `alter table revision add column warnings text`],
  },
  {
    id: 'serving-003',
    sql: [
      `alter table endpoint add column records text`,
      `create table prediction_segment (
        id text primary key,
        workspace text not null,
        endpoint_id text not null references endpoint (id),
        revision bigint not null,
        serial bigint not null,
        role text not null,
        file text not null unique,
        from_at bigint not null,
        to_at bigint not null,
        predictions bigint not null,
        row_count bigint not null,
        bytes bigint not null,
        created_at bigint not null
      )`,
      // An endpoint's, newest first; and the oldest of all, which go when there is too much.
      `create index prediction_segment_of on prediction_segment (workspace, endpoint_id, id)`,
      `create index prediction_segment_by_age on prediction_segment (to_at)`,
    ],
  },
  {
    id: 'serving-004',
    sql: [
      `create table serving_minute (
        workspace text not null,
        endpoint_id text not null references endpoint (id),
        serial bigint not null,
        role text not null,
        minute bigint not null,
        writer text not null,
        revision bigint not null,
        model text not null,
        version bigint not null,
        stats text not null,
        primary key (endpoint_id, minute, serial, role, writer)
      )`,
      `create index serving_minute_by_age on serving_minute (minute)`,
    ],
  },
  {
    id: 'serving-005-live',
    sql: [
      // What answers, over all workspaces: read at every start.
      `create index revision_live on revision (state, workspace, serial)`,
    ],
  },
  { id: 'serving-006-back', sql: [`alter table revision add column back bigint`] },
  {
    id: 'serving-007-hours',
    sql: [
      `alter table prediction_segment add column merged bigint not null default 0`,
      `alter table prediction_segment add column form text`,
    ],
  },
  {
    id: 'serving-008-keep',
    sql: [
      `alter table endpoint add column keep_ms bigint`,
      `create table prediction_deletion (
        id text primary key,
        workspace text not null,
        endpoint_id text not null references endpoint (id),
        from_at bigint not null,
        to_at bigint not null,
        predictions bigint not null,
        row_count bigint not null,
        reason text not null,
        keep_ms bigint,
        deleted_at bigint not null
      )`,
      `create index prediction_deletion_of on prediction_deletion (endpoint_id, to_at)`,
    ],
  },
  { id: 'serving-009-rules', sql: [`alter table endpoint add column rules text`] },
  {
    id: 'serving-010-quotas',
    sql: [
      `insert into workspace_quota (workspace, quota, used)
        select workspace, 'endpoints', count(*) from endpoint where deleted_at is null group by workspace
        on conflict (workspace, quota) do update set used = workspace_quota.used + excluded.used`,
    ],
  },
];
