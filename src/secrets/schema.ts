import type { Migration } from '../platform/db/index.ts';

export type SecretTables = {
  secret: {
    id: string;
    workspace: string;
    /** Empty: of the workspace. */
    environment: string;
    name: string;
    version: number;
    /** JSON: patterns of pipelines that may name it. */
    pipelines: string;
    /** Which master key sealed its own key. */
    master: string;
    /** Its own key under the master key, and its value under that; base64. */
    wrapped: string;
    sealed: string;
    created_at: number;
    updated_at: number;
    updated_by: string;
  };
};

export const migrations: Migration[] = [
  {
    id: 'secrets-001',
    sql: [
      `create table secret (
        id text primary key,
        workspace text not null,
        environment text not null,
        name text not null,
        version bigint not null,
        pipelines text not null,
        master text not null,
        wrapped text not null,
        sealed text not null,
        created_at bigint not null,
        updated_at bigint not null,
        updated_by text not null,
        unique (workspace, environment, name)
      )`,
    ],
  },
];
