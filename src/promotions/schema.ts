import type { Migration } from '../platform/db/index.ts';

export type PromotionTables = {
  environment: {
    workspace: string;
    name: string;
    position: number;
    /** JSON: the noun's `terms`. */
    terms: string;
    created_at: number;
    created_by: string;
    updated_at: number;
  };
  /** Which versions an environment let in. Rows are only added. */
  environment_promotion: {
    id: string;
    workspace: string;
    environment: string;
    endpoint: string;
    model: string;
    version: number;
    version_ref: string;
    how: string;
    /** Names the move: it is asked about again when it goes live. */
    move_key: string | null;
    at: number;
    by: string;
  };
};

export const migrations: Migration[] = [
  {
    id: 'promotions-001',
    sql: [
      `create table environment (
        workspace text not null,
        name text not null,
        position bigint not null,
        terms text not null,
        created_at bigint not null,
        created_by text not null,
        updated_at bigint not null,
        primary key (workspace, name)
      )`,
      `create table environment_promotion (
        id text primary key,
        workspace text not null,
        environment text not null,
        endpoint text not null,
        model text not null,
        version bigint not null,
        version_ref text not null,
        how text not null,
        move_key text,
        at bigint not null,
        by text not null
      )`,
      `create index environment_promotion_by_time on environment_promotion (workspace, environment, id)`,
      `create index environment_promotion_of on environment_promotion (workspace, endpoint, version_ref)`,
    ],
  },
];
