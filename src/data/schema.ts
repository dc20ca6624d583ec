import type { Migration } from '../platform/db/index.ts';

export type DataTables = {
  dataset: { id: string; workspace: string; name: string; created_at: number; created_by: string };
  dataset_version: {
    id: string;
    workspace: string;
    dataset: string;
    number: number;
    hash: string;
    /** JSON array of version ids. */
    parents: string;
    message: string;
    source: string | null;
    /** JSON object. */
    meta: string;
    author: string;
    created_at: number;
    files: number;
    bytes: number;
    profile: string;
    /** Its row stays: numbers are never used twice, and what was made from it still knows its name. */
    deleted_at: number | null;
  };
  /** Branches and tags share their names, so that a ref means one thing. */
  dataset_ref: {
    workspace: string;
    dataset: string;
    name: string;
    kind: string;
    version: string;
    updated_at: number;
    updated_by: string;
  };
  /** Branches that change by merged proposals alone. */
  dataset_protection: {
    workspace: string;
    dataset: string;
    branch: string;
    created_at: number;
    created_by: string;
  };
  dataset_ref_move: {
    id: string;
    workspace: string;
    dataset: string;
    ref: string;
    kind: string;
    from_version: string | null;
    to_version: string;
    reason: string | null;
    created_at: number;
    created_by: string;
  };
  /** Which blobs a workspace may name: knowing a hash is not owning the bytes. */
  dataset_blob: { workspace: string; hash: string; size: number };
  /** What DVC clients call their objects: an MD5, with `.dir` behind that of a directory's listing. */
  dvc_object: {
    workspace: string;
    dataset: string;
    layout: string;
    oid: string;
    hash: string;
    size: number;
    /** 1: no version holds its bytes. */
    loose: number;
    /** The version that it became. */
    version: string | null;
    created_at: number;
  };
  /** Profiles by content: an unchanged file is profiled once. */
  dataset_table: {
    workspace: string;
    hash: string;
    format: string;
    state: string;
    /** JSON: rows and columns, or the error. */
    profile: string;
    created_at: number;
  };
};

export const migrations: Migration[] = [
  {
    id: 'data-001',
    sql: [
      `create table dataset (
        id text primary key,
        workspace text not null,
        name text not null,
        created_at bigint not null,
        created_by text not null,
        unique (workspace, name)
      )`,
      `create table dataset_version (
        id text primary key,
        workspace text not null,
        dataset text not null references dataset (id),
        number bigint not null,
        hash text not null,
        parents text not null,
        message text not null,
        source text,
        meta text not null,
        author text not null,
        created_at bigint not null,
        files bigint not null,
        bytes bigint not null,
        profile text not null,
        unique (dataset, number)
      )`,
      `create index dataset_version_hash on dataset_version (dataset, hash)`,
      `create table dataset_ref (
        workspace text not null,
        dataset text not null references dataset (id),
        name text not null,
        kind text not null,
        version text not null references dataset_version (id),
        updated_at bigint not null,
        updated_by text not null,
        primary key (dataset, name)
      )`,
      `create table dataset_ref_move (
        id text primary key,
        workspace text not null,
        dataset text not null references dataset (id),
        ref text not null,
        kind text not null,
        from_version text,
        to_version text not null,
        reason text,
        created_at bigint not null,
        created_by text not null
      )`,
      `create index dataset_ref_move_dataset on dataset_ref_move (dataset, created_at)`,
      `create table dataset_blob (workspace text not null, hash text not null, primary key (workspace, hash))`,
      `create table dataset_table (
        workspace text not null,
        hash text not null,
        format text not null,
        state text not null,
        profile text not null,
        created_at bigint not null,
        primary key (workspace, hash, format)
      )`,
    ],
  },
  { id: 'data-002', sql: [`alter table dataset_version add column deleted_at bigint`] },
  {
    id: 'data-003',
    sql: [
      `create table dataset_protection (
        workspace text not null,
        dataset text not null references dataset (id),
        branch text not null,
        created_at bigint not null,
        created_by text not null,
        primary key (workspace, dataset, branch)
      )`,
    ],
  },
  {
    id: 'data-004-quotas',
    sql: [
      `alter table dataset_blob add column size bigint not null default 0`,
      `update dataset_blob set size = coalesce((select blob.size from blob where blob.hash = dataset_blob.hash), 0)`,
      `insert into workspace_quota (workspace, quota, used)
        select workspace, 'bytes', sum(size) from dataset_blob where 1 = 1 group by workspace
        on conflict (workspace, quota) do update set used = workspace_quota.used + excluded.used`,
    ],
  },
  {
    id: 'data-005-dvc',
    sql: [
      `create table dvc_object (
        workspace text not null,
        dataset text not null references dataset (id),
        layout text not null,
        oid text not null,
        hash text not null,
        size bigint not null,
        loose bigint not null,
        version text,
        created_at bigint not null,
        primary key (dataset, layout, oid)
      )`,
      `create index dvc_object_version on dvc_object (version) where version is not null`,
      `create index dvc_object_hash on dvc_object (workspace, hash)`,
    ],
  },
];
