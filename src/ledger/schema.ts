import type { Migration } from '../platform/db/index.ts';

export type LedgerTables = {
  /** `seq` is the leaf's index in the tree, from 0. JSON columns hold canonical JSON; hashes are hex. */
  ledger_entry: {
    seq: number;
    workspace: string;
    time: number;
    actor_kind: string;
    actor_id: string;
    actor_name: string;
    request_id: string;
    action: string;
    resource: string;
    before: string | null;
    after: string | null;
    reason: string | null;
    edges: string | null;
    leaf: string;
    root: string;
  };
  /** Roots of complete subtrees of 2^8, 2^16, 2^24 leaves, so that a proof reads a few hundred rows at most. */
  ledger_subtree: { level: number; idx: number; hash: string };
  /** One row. */
  ledger_head: { id: number; size: number; root: string; peaks: string; checkpoint: string };
  /** `n` is the edge's place in its entry. */
  lineage_edge: {
    seq: number;
    n: number;
    workspace: string;
    from_id: string;
    to_id: string;
    relation: string;
  };
};

export const migrations: Migration[] = [
  {
    id: 'ledger-001',
    sql: [
      `create table ledger_entry (
        seq bigint primary key,
        workspace text not null,
        time bigint not null,
        actor_kind text not null,
        actor_id text not null,
        actor_name text not null,
        request_id text not null,
        action text not null,
        resource text not null,
        before text,
        after text,
        reason text,
        edges text,
        leaf text not null,
        root text not null
      )`,
      `create index ledger_by_resource on ledger_entry (workspace, resource, seq)`,
      `create index ledger_by_action on ledger_entry (workspace, action, seq)`,
      `create index ledger_by_workspace on ledger_entry (workspace, seq)`,
      `create table ledger_subtree (level bigint not null, idx bigint not null, hash text not null, primary key (level, idx))`,
      `create table ledger_head (
        id bigint primary key,
        size bigint not null,
        root text not null,
        peaks text not null,
        checkpoint text not null
      )`,
      `create table lineage_edge (
        seq bigint not null,
        n bigint not null,
        workspace text not null,
        from_id text not null,
        to_id text not null,
        relation text not null,
        primary key (seq, n)
      )`,
      `create index lineage_from on lineage_edge (workspace, from_id)`,
      `create index lineage_to on lineage_edge (workspace, to_id)`,
    ],
  },
  {
    id: 'ledger-002-actors',
    sql: [
      `create index ledger_by_actor_id on ledger_entry (workspace, actor_id, seq)`,
      `create index ledger_by_actor_name on ledger_entry (workspace, actor_name, seq)`,
    ],
  },
];
