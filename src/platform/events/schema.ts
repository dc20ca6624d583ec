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
];
