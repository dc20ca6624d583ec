import type { Migration } from '../platform/db/index.ts';

export type ChangeTables = {
  /** What a pipeline's file says under `when:`, as somebody ran it last. */
  pipeline_when: { workspace: string; pipeline: string; execution: string; said: string };
  dataset_proposal: {
    id: string;
    workspace: string;
    /** Id of the dataset. */
    dataset: string;
    number: number;
    branch: string;
    into_branch: string;
    message: string;
    /** Id of the version that is proposed: what its checks are of. */
    head: string;
    state: string;
    created_at: number;
    created_by: string;
    updated_at: number;
    ended_at: number | null;
    ended_by: string | null;
    reason: string | null;
    /** What the other branch was at when it was merged. */
    merged_from: string | null;
  };
  change_check: {
    id: string;
    workspace: string;
    pipeline: string;
    kind: string;
    /** Of one pipeline each occurrence is checked once: `<proposal>:<version>`, or a model version's name for good. */
    occurrence: string;
    /** Of a proposal. */
    proposal: string | null;
    /** JSON: the change, as executions have it. */
    change: string;
    state: string;
    execution: string | null;
    verdict: string | null;
    summary: string | null;
    problem: string | null;
    created_at: number;
    ended_at: number | null;
  };
};

export const migrations: Migration[] = [
  {
    id: 'changes-001',
    sql: [
      `create table pipeline_when (
        workspace text not null,
        pipeline text not null,
        execution text not null,
        said text not null,
        primary key (workspace, pipeline)
      )`,
      `create table dataset_proposal (
        id text primary key,
        workspace text not null,
        dataset text not null,
        number bigint not null,
        branch text not null,
        into_branch text not null,
        message text not null,
        head text not null,
        state text not null,
        created_at bigint not null,
        created_by text not null,
        updated_at bigint not null,
        ended_at bigint,
        ended_by text,
        reason text,
        merged_from text,
        unique (workspace, dataset, number)
      )`,
      // One open proposal of a branch into another.
      `create unique index dataset_proposal_open on dataset_proposal (workspace, dataset, branch, into_branch)
        where state = 'open'`,
      `create table change_check (
        id text primary key,
        workspace text not null,
        pipeline text not null,
        kind text not null,
        occurrence text not null,
        proposal text,
        change text not null,
        state text not null,
        execution text,
        verdict text,
        summary text,
        problem text,
        created_at bigint not null,
        ended_at bigint,
        unique (workspace, pipeline, kind, occurrence)
      )`,
      `create index change_check_of on change_check (workspace, kind, occurrence)`,
      `create index change_check_by_execution on change_check (workspace, execution)`,
    ],
  },
];
