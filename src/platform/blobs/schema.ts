import type { Migration } from '../db/index.ts';

export type BlobTables = {
  /** One row: the store that this database belongs to, and how often it was opened. */
  blob_store: { id: number; store: string; starts: number };
  blob: {
    hash: string;
    size: number;
    /** The pack's name; null: the blob is a file of its own. */
    pack: string | null;
    start: number;
    /** Bytes as stored. */
    stored: number;
    encoding: string;
    created_at: number;
  };
};

export const migrations: Migration[] = [
  {
    id: 'blobs-001',
    sql: [
      `create table blob (
        hash text primary key,
        size bigint not null,
        pack text,
        start bigint not null,
        stored bigint not null,
        encoding text not null,
        created_at bigint not null
      )`,
      `create index blob_pack on blob (pack, start)`,
    ],
  },
  {
    id: 'blobs-002-store',
    sql: [`create table blob_store (id bigint primary key, store text not null, starts bigint not null)`],
  },
];
