import type { Migration } from '../db/index.ts';

export type EventTables = {
  event: {
    seq: number;
    workspace: string;
    type: string;
    subject: string;
    actor: string;
    time: number;
    data: string | null;
  };
  event_cursor: { subscriber: string; seq: number };
  webhook: {
    id: string;
    workspace: string;
    url: string;
    types: string;
    secret: string;
    enabled: number;
    created_at: number;
    created_by: string;
    last_at: number | null;
    last_status: number | null;
    last_error: string | null;
    failures: number;
    failing_since: number | null;
    name: string | null;
    description: string | null;
    form: string | null;
    updated_at: number | null;
  };
  event_parked: { subscriber: string; seq: number; time: number; error: string };
};

export const migrations: Migration[] = [
  {
    id: 'events-001',
    sql: [
      `create table event (
        seq bigint primary key,
        workspace text not null,
        type text not null,
        subject text not null,
        actor text not null,
        time bigint not null,
        data text
      )`,
      `create index event_by_type on event (type, seq)`,
      `create index event_by_workspace on event (workspace, seq)`,
      `create table event_cursor (subscriber text primary key, seq bigint not null)`,
      `create table event_parked (
        subscriber text not null,
        seq bigint not null,
        time bigint not null,
        error text not null,
        primary key (subscriber, seq)
      )`,
    ],
  },
  {
    id: 'events-002-webhooks',
    sql: [
      `create table webhook (
        id text primary key,
        workspace text not null,
        url text not null,
        types text not null,
        secret text not null,
        enabled bigint not null,
        created_at bigint not null,
        created_by text not null,
        last_at bigint,
        last_status bigint,
        last_error text
      )`,
    ],
  },
  {
    id: 'events-003-failing-webhooks',
    sql: [
      `alter table webhook add column failures bigint not null default 0`,
      `alter table webhook add column failing_since bigint`,
    ],
  },
  {
    id: 'events-004-webhook-forms',
    sql: [
      `alter table webhook add column name text`,
      `alter table webhook add column description text`,
      `alter table webhook add column form text`,
      `alter table webhook add column updated_at bigint`,
    ],
  },
];
