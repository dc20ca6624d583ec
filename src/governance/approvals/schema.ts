import type { Migration } from '../../platform/db/index.ts';

export type ApprovalTables = {
  /** One row for each revision; of a policy that holds, the newest has no end. */
  approval_policy: {
    workspace: string;
    name: string;
    revision: number;
    sum: string;
    /** JSON: `Terms`, with all that was left unsaid. */
    terms: string;
    created_at: number;
    created_by: string;
    ended_at: number | null;
  };
  approval_request: {
    id: string;
    workspace: string;
    /** In the words of the ledger: `alias:model:flights/champion`. */
    target: string;
    /** JSON: `Target`. */
    target_said: string;
    model: string;
    version: number;
    version_ref: string;
    sum: string;
    /** JSON: `Approved`. */
    approved: string;
    /** JSON: ids of people. */
    authors: string;
    why: string;
    requested_by: string;
    requested_user: string | null;
    asked_by: string | null;
    created_at: number;
    /** promoted or withdrawn; all else follows from decisions and from how things stand. */
    ended: string | null;
    ended_at: number | null;
  };
  /** Rows are only added. */
  approval_decision: {
    request_id: string;
    seq: number;
    workspace: string;
    verdict: string;
    user_id: string;
    user_name: string;
    sum: string;
    why: string;
    at: number;
  };
  /** What something guarded was let point at. */
  approval_promotion: {
    id: string;
    workspace: string;
    target: string;
    version_ref: string;
    content: string;
    how: string;
    request_id: string | null;
    move_key: string | null;
    at: number;
    by: string;
  };
  /** A merged change is somebody's word about one thing alone. */
  approval_merge: {
    workspace: string;
    target: string;
    merge: string;
    version_ref: string;
    sum: string;
    /** Where it counted. */
    request_id: string;
    at: number;
  };
  approval_review: {
    request_id: string;
    workspace: string;
    broken_by: string;
    why: string;
    opened_at: number;
    closed_at: number | null;
    closed_by: string | null;
    finding: string | null;
  };
};

export const migrations: Migration[] = [
  {
    id: 'governance-001-approvals',
    sql: [
      `create table approval_policy (
        workspace text not null,
        name text not null,
        revision bigint not null,
        sum text not null,
        terms text not null,
        created_at bigint not null,
        created_by text not null,
        ended_at bigint,
        primary key (workspace, name, revision)
      )`,
      // Read at every move of every alias and endpoint.
      `create index approval_policy_now on approval_policy (workspace, name) where ended_at is null`,
      `create table approval_request (
        id text primary key,
        workspace text not null,
        target text not null,
        target_said text not null,
        model text not null,
        version bigint not null,
        version_ref text not null,
        sum text not null,
        approved text not null,
        authors text not null,
        why text not null,
        requested_by text not null,
        requested_user text,
        asked_by text,
        created_at bigint not null,
        ended text,
        ended_at bigint
      )`,
      `create index approval_request_by_time on approval_request (workspace, id)`,
      `create index approval_request_of on approval_request (workspace, target, version_ref, id)`,
      `create table approval_decision (
        request_id text not null references approval_request (id),
        seq bigint not null,
        workspace text not null,
        verdict text not null,
        user_id text not null,
        user_name text not null,
        sum text not null,
        why text not null,
        at bigint not null,
        primary key (request_id, seq)
      )`,
      `create table approval_promotion (
        id text primary key,
        workspace text not null,
        target text not null,
        version_ref text not null,
        content text not null,
        how text not null,
        request_id text,
        move_key text,
        at bigint not null,
        by text not null
      )`,
      `create index approval_promotion_of on approval_promotion (workspace, target, id)`,
      `create table approval_review (
        request_id text primary key references approval_request (id),
        workspace text not null,
        broken_by text not null,
        why text not null,
        opened_at bigint not null,
        closed_at bigint,
        closed_by text,
        finding text
      )`,
      `create index approval_review_open on approval_review (workspace, request_id)`,
    ],
  },
  {
    id: 'governance-002-merges',
    sql: [
      `create table approval_merge (
        workspace text not null,
        target text not null,
        merge text not null,
        version_ref text not null,
        sum text not null,
        request_id text not null,
        at bigint not null,
        primary key (workspace, target, merge)
      )`,
    ],
  },
];
