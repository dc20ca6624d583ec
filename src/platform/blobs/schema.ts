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
    /** When its content was last sent or asked for again, where that was long after; 0: never. */
    touched_at: number;
  };
  /**
   * Packs and files that go as soon as no row names them: written before the name can be dangling, so that whoever is killed in
   * between leaves nothing behind for good.
   */
  blob_doomed: { kind: string; name: string };
  /** How far rows reached in a pack that gc took rows from: what lies before that is known, though no row names it any more. */
  blob_reach: { name: string; reach: number };
  /**
   * Blobs that stay although nobody names them. `what` is what the blob was pinned as a part of, by its name in a workspace, and empty
   * where it was pinned by its hash: two versions that share a file are pinned and let go without regard to each other.
   */
  pin: {
    hash: string;
    workspace: string;
    what: string;
    reason: string;
    created_at: number;
    created_by: string;
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
  {
    id: 'blobs-003-collect',
    sql: [
      `alter table blob add column touched_at bigint not null default 0`,
      `create table blob_doomed (kind text not null, name text not null, primary key (kind, name))`,
      `create table blob_reach (name text primary key, reach bigint not null)`,
      `create table blob_pin (hash text primary key, reason text not null, created_at bigint not null, created_by text not null)`,
    ],
  },
  {
    id: 'blobs-004-pins',
    sql: [
      `create table pin (
        hash text not null,
        workspace text not null,
        what text not null,
        reason text not null,
        created_at bigint not null,
        created_by text not null,
        primary key (hash, workspace, what)
      )`,
      `insert into pin select hash, '', '', reason, created_at, created_by from blob_pin`,
      `drop table blob_pin`,
      `create index pin_what on pin (workspace, what)`,
    ],
  },
];
