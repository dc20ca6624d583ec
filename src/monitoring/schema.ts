import type { Migration } from '../platform/db/index.ts';

export type MonitoringTables = {
  /** Outcomes that were told one by one and are not folded into a file yet. */
  outcome: {
    id: string;
    workspace: string;
    endpoint_id: string;
    /** What they are outcomes of: rows of one prediction, or a key at a time. Those of equal subjects supersede each other. */
    subject: string;
    prediction: string | null;
    row_number: number;
    key: string | null;
    /** When the prediction was asked for. */
    time: number;
    label: string;
    /** The label as a number, where it is one; of a truth value 1 or 0. */
    number: number | null;
    observed_at: number;
    received_at: number;
  };
  /** Outcomes in files: tables that were added, and rows that were folded. */
  outcome_table: {
    id: string;
    workspace: string;
    endpoint_id: string;
    /** `folded`: rows of `outcome`, as this room writes them; `given`: as they came. */
    kind: string;
    source: string;
    /** JSON: `[{hash, shown, format}]`, blobs that make one table. */
    files: string;
    /** JSON: which column is what (`Reading`); of folded ones null. */
    reading: string | null;
    /** Says files and columns: what is equal is delivered again. */
    digest: string;
    /** JSON: counts by reason. */
    refused: string;
    row_count: number;
    accepted: number;
    received_at: number;
    created_by: string;
  };
};

export const migrations: Migration[] = [
  {
    id: 'monitoring-001',
    sql: [
      `create table outcome (
        id text primary key,
        workspace text not null,
        endpoint_id text not null references endpoint (id),
        subject text not null,
        prediction text,
        row_number bigint not null,
        key text,
        time bigint not null,
        label text not null,
        number double precision,
        observed_at bigint not null,
        received_at bigint not null
      )`,
      `create index outcome_by_age on outcome (endpoint_id, id)`,
      `create index outcome_by_subject on outcome (endpoint_id, subject)`,
      `create table outcome_table (
        id text primary key,
        workspace text not null,
        endpoint_id text not null references endpoint (id),
        kind text not null,
        source text not null,
        files text not null,
        reading text,
        digest text not null,
        refused text not null,
        row_count bigint not null,
        accepted bigint not null,
        received_at bigint not null,
        created_by text not null,
        unique (endpoint_id, digest)
      )`,
      `create index outcome_table_by_age on outcome_table (endpoint_id, id)`,
    ],
  },
];
