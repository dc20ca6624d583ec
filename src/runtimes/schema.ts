import type { Migration } from '../platform/db/index.ts';

export type RuntimeTables = {
  model_conversion: {
    workspace: string;
    /** Name of the version in the ledger, for ever. */
    version_ref: string;
    state: string;
    reason: string | null;
    /** Digest over the files that it was made from: other files have no conversion. */
    files: string | null;
    /** Blob of the ONNX file, once it is kept. */
    blob: string | null;
    size: number | null;
    largest_difference: number | null;
    rows_compared: number | null;
    /** JSON object: kind of row → how many were asked, and how many of them the model refuses. */
    probes: string | null;
    /** JSON object. */
    tools: string | null;
    created_at: number;
    created_by: string;
    ended_at: number | null;
  };
};

export const migrations: Migration[] = [
  {
    id: 'runtimes-001',
    sql: [
      `create table model_conversion (
        workspace text not null,
        version_ref text not null,
        state text not null,
        reason text,
        files text,
        blob text,
        size bigint,
        largest_difference double precision,
        rows_compared bigint,
        tools text,
        created_at bigint not null,
        created_by text not null,
        ended_at bigint,
        primary key (workspace, version_ref)
      )`,
    ],
  },
  {
    id: 'runtimes-002',
    sql: [
      'alter table model_conversion add column probes text',
      // What was kept before was never asked these rows; it is offered again.
      'delete from model_conversion',
    ],
  },
];
