import type { Migration } from '../platform/db/index.ts';

export type AccessTables = {
  workspace: { name: string; created_at: number };
  token: {
    id: string;
    workspace: string;
    name: string;
    role: string;
    prefix: string;
    hash: string;
    created_at: number;
    created_by: string;
    expires_at: number;
    last_used_at: number | null;
    revoked_at: number | null;
    /** A step's token: the execution whose steps show it, and whose end is its end. */
    execution: string | null;
  };
};

export const migrations: Migration[] = [
  {
    id: 'access-001',
    sql: [
      `create table workspace (name text primary key, created_at bigint not null)`,
      `create table token (
        id text primary key,
        workspace text not null references workspace (name),
        name text not null,
        role text not null,
        prefix text not null,
        hash text not null unique,
        created_at bigint not null,
        created_by text not null,
        expires_at bigint not null,
        last_used_at bigint,
        revoked_at bigint
      )`,
    ],
  },
  {
    id: 'access-002',
    sql: [`alter table token add column execution text`, `create index token_execution on token (execution)`],
  },
];
