import type { Migration } from '../platform/db/index.ts';

export type ChannelTables = {
  channel: {
    id: string;
    workspace: string;
    name: string;
    kind: string;
    /** JSON: `ChannelSettings`, secrets included. */
    settings: string;
    /** Of a webhook: what its messages are signed with. */
    secret: string | null;
    /** JSON: `Route`. */
    route: string;
    enabled: number;
    created_at: number;
    created_by: string;
    updated_at: number;
    last_at: number | null;
    last_error: string | null;
    failures: number;
  };
  /** One step of an alert's life for one channel. */
  channel_delivery: {
    id: string;
    workspace: string;
    channel_id: string;
    /** Those of one group go in order, and those that come together in one message. */
    thread: string;
    subject: string;
    /** Of the event that said so: one delivery for each and channel. */
    seq: number;
    event: string;
    state: string;
    /** JSON: `Notice`. */
    notice: string;
    /** Once it was put into a message, which keeps its id when it is tried again. */
    message: string | null;
    attempts: number;
    error: string | null;
    created_at: number;
    ended_at: number | null;
  };
};

export const migrations: Migration[] = [
  {
    id: 'channels-001',
    sql: [
      `create table channel (
        id text primary key,
        workspace text not null,
        name text not null,
        kind text not null,
        settings text not null,
        secret text,
        route text not null,
        enabled bigint not null,
        created_at bigint not null,
        created_by text not null,
        updated_at bigint not null,
        last_at bigint,
        last_error text,
        failures bigint not null,
        unique (workspace, name)
      )`,
      `create table channel_delivery (
        id text primary key,
        workspace text not null,
        channel_id text not null references channel (id),
        thread text not null,
        subject text not null,
        seq bigint not null,
        event text not null,
        state text not null,
        notice text not null,
        message text,
        attempts bigint not null,
        error text,
        created_at bigint not null,
        ended_at bigint,
        unique (channel_id, subject, seq)
      )`,
      `create index channel_delivery_by_thread on channel_delivery (channel_id, state, thread, id)`,
      `create index channel_delivery_by_time on channel_delivery (workspace, id)`,
      `create index channel_delivery_by_age on channel_delivery (state, ended_at)`,
    ],
  },
];
