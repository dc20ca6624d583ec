import type { Migration } from '../platform/db/index.ts';

export type PipelineTables = {
  /** Which code blobs a workspace has sent: naming a hash is no way to another workspace's bytes. */
  code_blob: { workspace: string; hash: string; size: number; created_at: number };
  pipeline: { workspace: string; name: string; executions: number; created_at: number; created_by: string };
  execution: {
    id: string;
    workspace: string;
    pipeline: string;
    number: number;
    state: string;
    reason: string | null;
    caused_by: string;
    created_at: number;
    created_by: string;
    started_at: number | null;
    ended_at: number | null;
    /** The text of the file. */
    file: string;
    /** JSON: targets, force. */
    options: string;
    /** JSON of the noun's fields. */
    params: string;
    data: string;
    code: string;
    /** Blob: JSON list of code files. */
    manifest: string;
    /** JSON by `env`: identity, packages, interpreter; written when the environments are made. */
    environments: string | null;
    warnings: string;
    /** Who asked for it to be cancelled. */
    cancel_by: string | null;
    experiment_id: string | null;
    run_id: string | null;
    /** JSON. */
    model_version: string | null;
    reproduces: string | null;
    comparison: string | null;
    /** Blob: what making the environments said. */
    environment_log: string | null;
    /** JSON: GateResult and DeployResult. */
    gate: string | null;
    deployment: string | null;
    /** Digest of what the gate was asked: equal keys need not be judged twice. */
    gate_key: string | null;
    /** JSON, once its steps are done: what the file asks to be done with the version (`Wish`). */
    wish: string | null;
    /** The branch whose commit it ran; null where that is not known, or files differed from the commit. */
    branch: string | null;
    /** The person who asked for it, where it was one. */
    created_user: string | null;
  };
  step: {
    execution_id: string;
    name: string;
    workspace: string;
    pipeline: string;
    /** Its place in the order of the plan. */
    position: number;
    state: string;
    /** As in the file, so that a list of thousands of steps needs no reading of it. */
    command: string;
    /** JSON: names. */
    needs: string;
    key: string | null;
    /** JSON: key parts. */
    parts: string | null;
    reasons: string;
    cached_from: string | null;
    attempt: number;
    attempts: string;
    /** Of versions before 0.2; what runs is named by its handle. */
    mark: string | null;
    /** JSON: what the back end needs to find a try that runs, whichever server asks. */
    handle: string | null;
    /** Id of the token that the try shows; it ends with it. */
    token_id: string | null;
    ready_at: number | null;
    started_at: number | null;
    ended_at: number | null;
    start_delay_ms: number | null;
    outcome: string | null;
    run_id: string | null;
    /** JSON: outputs with their blobs. */
    outputs: string;
    resources: string | null;
    log_hash: string | null;
    log_bytes: number;
    /** Bytes of outputs and log that count for the workspace: with the execution that made them, not with those that took them from it. */
    counted: number;
  };
  /** One row for each thing that became of a step, written with it and never changed: folded, they are how the execution stands. */
  step_transition: {
    execution_id: string;
    /** From 1, without a second one of the same: two drivers cannot both go on. */
    number: number;
    workspace: string;
    step: string;
    move: string;
    at: number;
    /** Of the try that it is about; 0 before the first. */
    attempt: number;
    /** Why, where that is not plain: the reason of an outcome. */
    reason: string | null;
  };
};

export const migrations: Migration[] = [
  {
    id: 'pipelines-001',
    sql: [
      `create table code_blob (
        workspace text not null,
        hash text not null,
        size bigint not null,
        created_at bigint not null,
        primary key (workspace, hash)
      )`,
      `create table pipeline (
        workspace text not null,
        name text not null,
        executions bigint not null,
        created_at bigint not null,
        created_by text not null,
        primary key (workspace, name)
      )`,
      `create table execution (
        id text primary key,
        workspace text not null,
        pipeline text not null,
        number bigint not null,
        state text not null,
        reason text,
        caused_by text not null,
        created_at bigint not null,
        created_by text not null,
        started_at bigint,
        ended_at bigint,
        file text not null,
        options text not null,
        params text not null,
        data text not null,
        code text not null,
        manifest text not null,
        environments text,
        warnings text not null,
        cancel_by text,
        experiment_id text,
        run_id text,
        model_version text,
        reproduces text,
        comparison text,
        unique (workspace, pipeline, number)
      )`,
      `create index execution_by_time on execution (workspace, id)`,
      `create table step (
        execution_id text not null references execution (id),
        name text not null,
        workspace text not null,
        pipeline text not null,
        position bigint not null,
        state text not null,
        key text,
        parts text,
        reasons text not null,
        cached_from text,
        attempt bigint not null,
        attempts text not null,
        mark text,
        ready_at bigint,
        started_at bigint,
        ended_at bigint,
        start_delay_ms double precision,
        outcome text,
        run_id text,
        outputs text not null,
        resources text,
        log_hash text,
        log_bytes bigint not null,
        primary key (execution_id, name)
      )`,
      // The look-up of the cache, and of a step's history.
      `create index step_by_key on step (workspace, key, ended_at)`,
      `create index step_by_name on step (workspace, pipeline, name, execution_id)`,
      `create index step_by_run on step (workspace, run_id)`,
    ],
  },
  { id: 'pipelines-002', sql: [`alter table execution add column environment_log text`] },
  {
    id: 'pipelines-003',
    sql: [
      `alter table step add column command text not null default ''`,
      `alter table step add column needs text not null default '[]'`,
    ],
  },
  {
    id: 'pipelines-004',
    sql: [
      `alter table execution add column gate text`,
      `alter table execution add column deployment text`,
      `alter table execution add column gate_key text`,
      `create index execution_by_gate on execution (workspace, gate_key, id)`,
    ],
  },
  { id: 'pipelines-005', sql: [`alter table execution add column wish text`] },
  {
    id: 'pipelines-006',
    sql: [
      `alter table step add column handle text`,
      `alter table step add column token_id text`,
      // What runs, of all workspaces: looked for at each start.
      `create index step_running on step (state) where state = 'running'`,
      `create table step_transition (
        execution_id text not null references execution (id),
        number bigint not null,
        workspace text not null,
        step text not null,
        move text not null,
        at bigint not null,
        attempt bigint not null,
        reason text,
        primary key (execution_id, number)
      )`,
    ],
  },
  {
    id: 'pipelines-007',
    sql: [
      `alter table execution add column branch text`,
      `create index execution_by_branch on execution (workspace, pipeline, branch, id)`,
    ],
  },
  { id: 'pipelines-008-authors', sql: [`alter table execution add column created_user text`] },
  {
    id: 'pipelines-009-quotas',
    sql: [
      `alter table step add column counted bigint not null default 0`,
      `insert into workspace_quota (workspace, quota, used)
        select workspace, 'bytes', sum(size) from code_blob where 1 = 1 group by workspace
        on conflict (workspace, quota) do update set used = workspace_quota.used + excluded.used`,
    ],
  },
];
