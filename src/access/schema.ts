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
    /** Whose it is: it never opens more than what they may now. */
    person: string | null;
  };
  /** People and service accounts. `user` is a word of SQL. */
  person: {
    id: string;
    kind: string;
    /** What they sign in with; lower case. */
    name: string;
    full_name: string | null;
    /** The hash, as a PHC string. */
    password: string | null;
    /** 1: an owner of the whole server. */
    owner: number;
    /** Where they sign in by a provider: its address, and its own word for them. No name or mail says who somebody is. */
    issuer: string | null;
    subject: string | null;
    /** By what the directory that provisions them knows them; only it says so. */
    external_id: string | null;
    disabled_at: number | null;
    /** Its row stays, since the ledger has its id; what was personal is gone. */
    removed_at: number | null;
    created_at: number;
    created_by: string;
  };
  person_role: { workspace: string; person: string; role: string };
  person_group: {
    id: string;
    name: string;
    external_id: string | null;
    created_at: number;
    created_by: string;
  };
  group_member: { group_id: string; person: string };
  group_role: { workspace: string; group_id: string; role: string };
  /** What somebody, or a group, may do with the things of a name or pattern, besides what their roles say. */
  access_grant: {
    id: string;
    workspace: string;
    /** Id of a person, a service or a group. */
    principal: string;
    level: string;
    kind: string;
    /** A name, or a pattern in which `*` stands for any characters. */
    name: string;
    created_at: number;
    created_by: string;
  };
  /** Whose identity tokens a service account trusts: what an issuer says of a subject, for an audience. */
  service_trust: {
    id: string;
    workspace: string;
    person: string;
    issuer: string;
    /** A pattern in which `*` stands for any characters. */
    subject: string;
    audience: string;
    created_at: number;
    created_by: string;
  };
  /** Identity tokens that were exchanged, until they expire: each opens a door once. */
  exchanged_token: { issuer: string; jti: string; expires_at: number };
  /** How much of something a workspace may have, null for no limit, and has. */
  workspace_quota: { workspace: string; quota: string; most: number | null; used: number };
  /** One row: a word that is another after every change of grants, or of who is in which group. */
  access_epoch: { id: number; word: string };
  /** Somebody who signed in with a browser, until `expires_at` or long unused. */
  session: {
    id: string;
    /** Of the secret in the cookie. */
    hash: string;
    person: string;
    /** Where they work with it now. */
    workspace: string;
    /** What the browser calls itself. */
    agent: string;
    created_at: number;
    used_at: number;
    expires_at: number;
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
  {
    id: 'access-003',
    sql: [
      `create table person (
        id text primary key,
        kind text not null,
        name text not null unique,
        full_name text,
        password text,
        owner integer not null,
        disabled_at bigint,
        created_at bigint not null,
        created_by text not null
      )`,
      `create table person_role (
        workspace text not null references workspace (name),
        person text not null references person (id),
        role text not null,
        primary key (person, workspace, role)
      )`,
      `create index person_role_workspace on person_role (workspace)`,
      `create table person_group (
        id text primary key,
        name text not null unique,
        created_at bigint not null,
        created_by text not null
      )`,
      `create table group_member (
        group_id text not null references person_group (id),
        person text not null references person (id),
        primary key (person, group_id)
      )`,
      `create index group_member_group on group_member (group_id)`,
      `create table group_role (
        workspace text not null references workspace (name),
        group_id text not null references person_group (id),
        role text not null,
        primary key (group_id, workspace, role)
      )`,
      `create index group_role_workspace on group_role (workspace)`,
      `alter table token add column person text`,
      `create index token_person on token (person)`,
    ],
  },
  {
    id: 'access-004',
    sql: [
      `create table session (
        id text primary key,
        hash text not null unique,
        person text not null references person (id),
        workspace text not null references workspace (name),
        agent text not null,
        created_at bigint not null,
        used_at bigint not null,
        expires_at bigint not null
      )`,
      `create index session_person on session (person)`,
    ],
  },
  {
    id: 'access-005',
    sql: [
      `alter table person add column issuer text`,
      `alter table person add column subject text`,
      `create unique index person_identity on person (issuer, subject)`,
    ],
  },
  {
    id: 'access-006',
    sql: [
      `alter table person add column external_id text`,
      `alter table person add column removed_at bigint`,
      `create unique index person_external on person (external_id)`,
      `alter table person_group add column external_id text`,
    ],
  },
  {
    id: 'access-007',
    sql: [
      `create table access_grant (
        id text primary key,
        workspace text not null references workspace (name),
        principal text not null,
        level text not null,
        kind text not null,
        name text not null,
        created_at bigint not null,
        created_by text not null
      )`,
      `create unique index access_grant_principal on access_grant (principal, workspace, kind, name, level)`,
      `create index access_grant_workspace on access_grant (workspace, name)`,
    ],
  },
  {
    id: 'access-008',
    sql: [
      `create table access_epoch (id integer primary key, word text not null)`,
      `insert into access_epoch (id, word) values (1, 'first')`,
    ],
  },
  {
    id: 'access-009',
    sql: [
      `create table service_trust (
        id text primary key,
        workspace text not null references workspace (name),
        person text not null references person (id),
        issuer text not null,
        subject text not null,
        audience text not null,
        created_at bigint not null,
        created_by text not null
      )`,
      `create unique index service_trust_issuer on service_trust (issuer, workspace, person, subject, audience)`,
      `create table exchanged_token (
        issuer text not null,
        jti text not null,
        expires_at bigint not null,
        primary key (issuer, jti)
      )`,
      `create index exchanged_token_expires on exchanged_token (expires_at)`,
    ],
  },
  {
    id: 'access-010-quotas',
    sql: [
      // Rooms above count what they have already in steps of their own.
      `create table workspace_quota (
        workspace text not null,
        quota text not null,
        most bigint,
        used bigint not null,
        primary key (workspace, quota)
      )`,
    ],
  },
];
