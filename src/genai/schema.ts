import type { Migration } from '../platform/db/index.ts';

export type GenaiTables = {
  evaluation_dataset: {
    id: string;
    workspace: string;
    name: string;
    /** JSON: the fields of inputs, outputs and expectations with their types; null before the first record. */
    fields: string | null;
    /** Grows with every change. */
    revision: number;
    created_at: number;
    updated_at: number;
    created_by: string;
    updated_by: string;
  };
  evaluation_dataset_tag: { workspace: string; dataset_id: string; key: string; value: string };
  evaluation_dataset_experiment: {
    workspace: string;
    dataset_id: string;
    experiment_id: number;
    added_at: number;
  };
  evaluation_record: {
    id: string;
    workspace: string;
    dataset_id: string;
    /** Names its inputs: SHA-256 of their canonical JSON. */
    key: string;
    /** JSON, each. */
    inputs: string;
    answer: string | null;
    expectations: string | null;
    tags: string;
    source: string | null;
    created_at: number;
    updated_at: number;
    created_by: string;
    updated_by: string;
  };
  scorer: { id: string; workspace: string; experiment_id: number; name: string; next_version: number };
  scorer_version: {
    workspace: string;
    scorer_id: string;
    version: number;
    serialized: string;
    created_at: number;
  };
  label_schema: {
    id: string;
    workspace: string;
    experiment_id: number;
    name: string;
    type: string;
    instruction: string | null;
    enable_comment: number;
    /** JSON: `{pass_fail | categorical | numeric | text: {…}}`. */
    input: string;
    created_by: string;
    created_at: number;
    updated_at: number;
  };
  review_queue: {
    id: string;
    workspace: string;
    experiment_id: number;
    name: string;
    /** Its name in lower case. */
    name_key: string;
    type: string;
    /** JSON: names of people. */
    users: string;
    /** JSON: ids of label schemas. */
    schemas: string;
    created_by: string;
    created_at: number;
    updated_at: number;
  };
  review_item: {
    workspace: string;
    queue_id: string;
    item_id: string;
    status: string;
    completed_by: string | null;
    completed_at: number | null;
    created_at: number;
    updated_at: number;
  };
};

export const migrations: Migration[] = [
  {
    id: 'genai-001',
    sql: [
      `create table evaluation_dataset (
        id text primary key,
        workspace text not null,
        name text not null,
        fields text,
        revision bigint not null,
        created_at bigint not null,
        updated_at bigint not null,
        created_by text not null,
        updated_by text not null
      )`,
      `create index evaluation_dataset_by_age on evaluation_dataset (workspace, created_at, id)`,
      `create table evaluation_dataset_tag (
        workspace text not null,
        dataset_id text not null references evaluation_dataset (id),
        key text not null,
        value text not null,
        primary key (dataset_id, key)
      )`,
      `create table evaluation_dataset_experiment (
        workspace text not null,
        dataset_id text not null references evaluation_dataset (id),
        experiment_id bigint not null,
        added_at bigint not null,
        primary key (dataset_id, experiment_id)
      )`,
      `create index evaluation_dataset_of_experiment on evaluation_dataset_experiment (experiment_id, workspace)`,
      `create table evaluation_record (
        id text primary key,
        workspace text not null,
        dataset_id text not null references evaluation_dataset (id),
        key text not null,
        inputs text not null,
        answer text,
        expectations text,
        tags text not null,
        source text,
        created_at bigint not null,
        updated_at bigint not null,
        created_by text not null,
        updated_by text not null,
        unique (dataset_id, key)
      )`,
      `create index evaluation_record_by_age on evaluation_record (dataset_id, created_at, id)`,
      `create table scorer (
        id text primary key,
        workspace text not null,
        experiment_id bigint not null,
        name text not null,
        next_version bigint not null,
        unique (workspace, experiment_id, name)
      )`,
      `create table scorer_version (
        workspace text not null,
        scorer_id text not null references scorer (id),
        version bigint not null,
        serialized text not null,
        created_at bigint not null,
        primary key (scorer_id, version)
      )`,
      `create table label_schema (
        id text primary key,
        workspace text not null,
        experiment_id bigint not null,
        name text not null,
        type text not null,
        instruction text,
        enable_comment bigint not null,
        input text not null,
        created_by text not null,
        created_at bigint not null,
        updated_at bigint not null,
        unique (workspace, experiment_id, name)
      )`,
      `create table review_queue (
        id text primary key,
        workspace text not null,
        experiment_id bigint not null,
        name text not null,
        name_key text not null,
        type text not null,
        users text not null,
        schemas text not null,
        created_by text not null,
        created_at bigint not null,
        updated_at bigint not null,
        unique (workspace, experiment_id, name_key)
      )`,
      `create table review_item (
        workspace text not null,
        queue_id text not null references review_queue (id),
        item_id text not null,
        status text not null,
        completed_by text,
        completed_at bigint,
        created_at bigint not null,
        updated_at bigint not null,
        primary key (queue_id, item_id)
      )`,
      `create index review_item_by_age on review_item (queue_id, created_at, item_id)`,
    ],
  },
];
