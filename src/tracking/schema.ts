import type { Migration } from '../platform/db/index.ts';

export type TrackingTables = {
  tracking_counter: { name: string; next: number };
  experiment: {
    workspace: string;
    id: number;
    name: string;
    artifact_location: string | null;
    state: string;
    created_at: number;
    updated_at: number;
    created_by: string;
  };
  experiment_tag: { workspace: string; experiment_id: number; key: string; value: string };
  run: {
    id: string;
    workspace: string;
    experiment_id: number;
    name: string;
    user_id: string;
    status: string;
    started_at: number;
    ended_at: number | null;
    created_at: number;
    updated_at: number;
    state: string;
    /** Set when the run was deleted with its whole experiment, so that restoring that brings back these only. */
    deleted_with: number | null;
    verdict: string | null;
    verdict_reason: string | null;
    verdict_by: string | null;
    verdict_at: number | null;
    /** JSON: commit, dirty files, entry point. */
    code: string | null;
    /** JSON: packages, interpreter, machine. */
    environment: string | null;
    /** JSON: CPU seconds, peak memory: what a sampler sums up at the end. */
    resources: string | null;
    /** The execution whose steps may write to it. */
    execution: string | null;
    /** The person who began it, where it was one; `user_id` is what a client says. */
    created_user: string | null;
  };
  run_param: { run_id: string; key: string; value: string; workspace: string; experiment_id: number };
  run_tag: { run_id: string; key: string; value: string; workspace: string; experiment_id: number };
  metric_series: {
    id: number;
    workspace: string;
    experiment_id: number;
    run_id: string;
    key: string;
    /** The number that the next point gets. */
    next_n: number;
    count: number;
    /** Points that are numbers: neither NaN nor infinite. Their sum, least and greatest follow. */
    finite: number;
    sum: number;
    min: number | null;
    max: number | null;
    last_value: number;
    last_nan: number;
    last_step: number;
    last_time: number;
  };
  metric_point: { series: number; n: number; step: number; time: number; value: number; nan: number };
  metric_rollup: { series: number; level: number; i: number; low: number; high: number; data: string };
  run_dataset: {
    id: string;
    workspace: string;
    experiment_id: number;
    name: string;
    digest: string;
    source_type: string;
    source: string;
    schema: string | null;
    profile: string | null;
  };
  run_input: {
    run_id: string;
    dataset_id: string;
    workspace: string;
    experiment_id: number;
    context: string | null;
    version: string | null;
    version_ref: string | null;
  };
  run_input_tag: { run_id: string; dataset_id: string; key: string; value: string };
  run_model: {
    run_id: string;
    model_id: string;
    direction: string;
    step: number;
    workspace: string;
    at: number;
  };
  artifact: {
    workspace: string;
    /** In its canonical form (NFC). */
    folder: string;
    /** As the client wrote it. */
    name: string;
    /** Its canonical form: two names that differ in composition alone are one. */
    canonical: string;
    /** Null for a folder. */
    hash: string | null;
    size: number;
    type: string | null;
    created_at: number;
  };
};

/** Values may be longer than an index entry may be (Postgres: 2.7 KB); equality looks here first. */
export const HEAD = 'substr(value, 1, 100)';

/**
 * No index but a primary key begins with `workspace`: every statement names it, so an index that did would look useful
 * to SQLite's planner where a run's id is what finds the rows.
 */
export const migrations: Migration[] = [
  {
    id: 'tracking-001',
    sql: [
      `create table tracking_counter (name text primary key, next bigint not null)`,
      `insert into tracking_counter (name, next) values ('series', 1)`,
      `create table experiment (
        workspace text not null,
        id bigint not null,
        name text not null,
        artifact_location text,
        state text not null,
        created_at bigint not null,
        updated_at bigint not null,
        created_by text not null,
        primary key (workspace, id),
        unique (workspace, name)
      )`,
      `create table experiment_tag (
        workspace text not null,
        experiment_id bigint not null,
        key text not null,
        value text not null,
        primary key (workspace, experiment_id, key)
      )`,
      `create table run (
        id text primary key,
        workspace text not null,
        experiment_id bigint not null,
        name text not null,
        user_id text not null,
        status text not null,
        started_at bigint not null,
        ended_at bigint,
        created_at bigint not null,
        updated_at bigint not null,
        state text not null,
        deleted_with bigint,
        verdict text,
        verdict_reason text,
        verdict_by text,
        verdict_at bigint,
        code text,
        environment text,
        resources text
      )`,
      `create index run_by_start on run (experiment_id, workspace, state, started_at desc, id)`,
      `create table run_param (
        run_id text not null,
        key text not null,
        value text not null,
        workspace text not null,
        experiment_id bigint not null,
        primary key (run_id, key)
      )`,
      `create index run_param_by_value on run_param (experiment_id, workspace, key, ${HEAD})`,
      `create table run_tag (
        run_id text not null,
        key text not null,
        value text not null,
        workspace text not null,
        experiment_id bigint not null,
        primary key (run_id, key)
      )`,
      `create index run_tag_by_value on run_tag (experiment_id, workspace, key, ${HEAD})`,
      `create table metric_series (
        id bigint primary key,
        workspace text not null,
        experiment_id bigint not null,
        run_id text not null,
        key text not null,
        next_n bigint not null,
        count bigint not null,
        finite bigint not null,
        sum double precision not null,
        min double precision,
        max double precision,
        last_value double precision not null,
        last_nan bigint not null,
        last_step bigint not null,
        last_time bigint not null,
        unique (run_id, key)
      )`,
      `create index metric_series_by_value on metric_series (experiment_id, workspace, key, last_nan, last_value)`,
      `create table metric_point (
        series bigint not null,
        n bigint not null,
        step bigint not null,
        time bigint not null,
        value double precision not null,
        nan bigint not null,
        primary key (series, n),
        unique (series, time, step, value, nan)
      )`,
      `create table metric_rollup (
        series bigint not null,
        level bigint not null,
        i bigint not null,
        low bigint not null,
        high bigint not null,
        data text not null,
        primary key (series, level, i)
      )`,
      `create table run_dataset (
        id text primary key,
        workspace text not null,
        experiment_id bigint not null,
        name text not null,
        digest text not null,
        source_type text not null,
        source text not null,
        schema text,
        profile text,
        unique (workspace, experiment_id, name, digest)
      )`,
      `create table run_input (
        run_id text not null,
        dataset_id text not null,
        workspace text not null,
        experiment_id bigint not null,
        context text,
        version text,
        version_ref text,
        primary key (run_id, dataset_id)
      )`,
      `create table run_input_tag (
        run_id text not null,
        dataset_id text not null,
        key text not null,
        value text not null,
        primary key (run_id, dataset_id, key)
      )`,
      `create table run_model (
        run_id text not null,
        model_id text not null,
        direction text not null,
        step bigint not null,
        workspace text not null,
        at bigint not null,
        primary key (run_id, direction, model_id)
      )`,
      `create table artifact (
        workspace text not null,
        folder text not null,
        name text not null,
        hash text,
        size bigint not null,
        type text,
        created_at bigint not null,
        primary key (workspace, folder, name)
      )`,
    ],
  },
  {
    id: 'tracking-002',
    sql: [
      // Names were stored in their canonical form alone until now.
      `alter table artifact add column canonical text not null default ''`,
      `update artifact set canonical = name`,
      `create unique index artifact_canonical on artifact (workspace, folder, canonical)`,
    ],
  },
  { id: 'tracking-003', sql: [`alter table run add column execution text`] },
  { id: 'tracking-004-authors', sql: [`alter table run add column created_user text`] },
  {
    id: 'tracking-005-inputs',
    sql: [`create index run_input_by_experiment on run_input (experiment_id, workspace, dataset_id)`],
  },
  {
    id: 'tracking-006-quotas',
    sql: [
      `insert into workspace_quota (workspace, quota, used)
        select workspace, 'runs', count(*) from run where 1 = 1 group by workspace
        on conflict (workspace, quota) do update set used = workspace_quota.used + excluded.used`,
      `insert into workspace_quota (workspace, quota, used)
        select workspace, 'bytes', sum(size) from artifact where hash is not null group by workspace
        on conflict (workspace, quota) do update set used = workspace_quota.used + excluded.used`,
    ],
  },
];
