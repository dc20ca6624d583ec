import type { Migration } from '../platform/db/index.ts';

export type ValidationTables = {
  evaluation: {
    id: string;
    workspace: string;
    state: string;
    stage: string | null;
    problem: string | null;
    /** The model's name when it was asked for; `model_ref` stays when the model is renamed. */
    model: string;
    model_ref: string;
    version: number;
    version_ref: string;
    execution: string | null;
    /** For people; the ref is known once the data was found. */
    data: string;
    data_ref: string | null;
    /** JSON of what was asked: data, spec, champion. */
    question: string;
    verdict: string | null;
    /** JSON of what lists show: reasons, task, rows, metrics. */
    summary: string | null;
    /** JSON of the rest. */
    document: string | null;
    created_at: number;
    created_by: string;
    ended_at: number | null;
  };
  /** Pixels of images by content: each is decoded once. */
  image_pixels: {
    workspace: string;
    hash: string;
    /** JSON: their digests, or why there are none. */
    found: string;
  };
};

export const migrations: Migration[] = [
  {
    id: 'validation-001',
    sql: [
      `create table evaluation (
        id text primary key,
        workspace text not null,
        state text not null,
        stage text,
        problem text,
        model text not null,
        model_ref text not null,
        version bigint not null,
        version_ref text not null,
        execution text,
        data text not null,
        data_ref text,
        question text not null,
        verdict text,
        summary text,
        document text,
        created_at bigint not null,
        created_by text not null,
        ended_at bigint
      )`,
      // Ids sort by time: the newest of a workspace, of a version, of a model.
      `create index evaluation_by_time on evaluation (workspace, id)`,
      `create index evaluation_by_version on evaluation (workspace, version_ref, id)`,
      `create index evaluation_by_model on evaluation (workspace, model_ref, id)`,
      `create index evaluation_by_execution on evaluation (workspace, execution, id)`,
    ],
  },
  {
    id: 'validation-002',
    sql: [
      `create table image_pixels (
        workspace text not null,
        hash text not null,
        found text not null,
        primary key (workspace, hash)
      )`,
    ],
  },
];
