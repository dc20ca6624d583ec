import type { Migration } from '../platform/db/index.ts';

export type ModelTables = {
  model: {
    id: string;
    workspace: string;
    ref: string;
    name: string;
    description: string | null;
    created_at: number;
    updated_at: number;
    created_by: string;
    /** The highest number ever given. */
    last_version: number;
    deleted_at: number | null;
  };
  model_tag: { workspace: string; model_id: string; key: string; value: string };
  model_alias: { workspace: string; model_id: string; alias: string; version: number };
  model_version: {
    workspace: string;
    model_id: string;
    version: number;
    description: string | null;
    source: string;
    /** Where its files are, as a URI; see `files.ts`. */
    location: string;
    run_id: string | null;
    run_link: string | null;
    logged_model_id: string | null;
    stage: string;
    created_at: number;
    updated_at: number;
    created_by: string;
    /** The person who registered it, where it was one. */
    created_user: string | null;
    facts: string | null;
    deleted_at: number | null;
  };
  model_version_tag: { workspace: string; model_id: string; version: number; key: string; value: string };
  logged_model: {
    id: string;
    workspace: string;
    experiment_id: number;
    name: string;
    model_type: string | null;
    run_id: string | null;
    /** Where its files are, as a URI; see `files.ts`. */
    location: string;
    status: string;
    created_at: number;
    updated_at: number;
    created_by: string;
    facts: string | null;
    deleted_at: number | null;
  };
  logged_model_param: { workspace: string; model_id: string; key: string; value: string };
  logged_model_tag: { workspace: string; model_id: string; key: string; value: string };
  logged_model_metric: {
    workspace: string;
    model_id: string;
    run_id: string;
    key: string;
    /** 0 where `nan` is 1. */
    value: number;
    nan: number;
    timestamp: number;
    step: number;
    dataset_name: string;
    dataset_digest: string;
  };
};

export const migrations: Migration[] = [
  {
    id: 'models-001',
    sql: [
      `create table model (
        id text primary key,
        workspace text not null,
        ref text not null,
        name text not null,
        description text,
        created_at bigint not null,
        updated_at bigint not null,
        created_by text not null,
        last_version bigint not null,
        deleted_at bigint,
        unique (workspace, ref)
      )`,
      `create unique index model_live_name on model (workspace, name) where deleted_at is null`,
      `create table model_tag (workspace text not null, model_id text not null references model (id), key text not null, value text not null, primary key (workspace, model_id, key))`,
      `create table model_alias (workspace text not null, model_id text not null references model (id), alias text not null, version bigint not null, primary key (workspace, model_id, alias))`,
      `create table model_version (
        workspace text not null,
        model_id text not null references model (id),
        version bigint not null,
        description text,
        source text not null,
        location text not null,
        run_id text,
        run_link text,
        logged_model_id text,
        stage text not null,
        created_at bigint not null,
        updated_at bigint not null,
        created_by text not null,
        facts text,
        deleted_at bigint,
        primary key (workspace, model_id, version)
      )`,
      // Holds all that counting and finding the newest of each stage need.
      `create index model_version_stage on model_version (workspace, model_id, stage, version) where deleted_at is null`,
      `create index model_version_updated on model_version (workspace, updated_at)`,
      `create index model_version_run on model_version (workspace, run_id)`,
      `create index model_version_logged on model_version (workspace, logged_model_id)`,
      `create table model_version_tag (
        workspace text not null,
        model_id text not null,
        version bigint not null,
        key text not null,
        value text not null,
        primary key (workspace, model_id, version, key)
      )`,
      `create table logged_model (
        id text primary key,
        workspace text not null,
        experiment_id bigint not null,
        name text not null,
        model_type text,
        run_id text,
        location text not null,
        status text not null,
        created_at bigint not null,
        updated_at bigint not null,
        created_by text not null,
        facts text,
        deleted_at bigint
      )`,
      `create index logged_model_experiment on logged_model (workspace, experiment_id, created_at)`,
      `create index logged_model_run on logged_model (workspace, run_id)`,
      `create table logged_model_param (workspace text not null, model_id text not null references logged_model (id), key text not null, value text not null, primary key (workspace, model_id, key))`,
      `create table logged_model_tag (workspace text not null, model_id text not null references logged_model (id), key text not null, value text not null, primary key (workspace, model_id, key))`,
      `create table logged_model_metric (
        workspace text not null,
        model_id text not null references logged_model (id),
        run_id text not null,
        key text not null,
        value double precision not null,
        nan bigint not null,
        timestamp bigint not null,
        step bigint not null,
        dataset_name text not null,
        dataset_digest text not null,
        primary key (workspace, model_id, key, timestamp, step, run_id, dataset_name, dataset_digest, value, nan)
      )`,
    ],
  },
  { id: 'models-002-authors', sql: [`alter table model_version add column created_user text`] },
  {
    id: 'models-003-places',
    sql: [
      `create index model_version_location on model_version (workspace, location) where deleted_at is null`,
    ],
  },
];
