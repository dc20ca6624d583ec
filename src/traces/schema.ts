import type { Migration } from '../platform/db/index.ts';

export type TraceTables = {
  trace: {
    /** Grows with the order in which traces come; what hangs on a trace names it by this. */
    n: number;
    workspace: string;
    id: string;
    experiment_id: number;
    /** Milliseconds since 1970. */
    started_at: number;
    execution_ms: number | null;
    /** OK, ERROR, IN_PROGRESS or STATE_UNSPECIFIED. */
    status: string;
    name: string | null;
    client_request_id: string | null;
    request_preview: string | null;
    response_preview: string | null;
    /** JSON: key → value. */
    tags: string;
    /** JSON: key → value; token usage, cost and session among them. */
    metadata: string;
    /** JSON: runs and prompts that the trace was linked to. */
    links: string;
    total_tokens: number | null;
    /** US dollars. */
    total_cost: number | null;
    spans: number;
    /** Its client said what it is as a whole: spans that come later do not change that. */
    finalized: number;
    /** JSON: the numbers of the terms it is found by. */
    terms: string;
  };
  /** Spans as they came together: a trace may come in any number of parts, and a span again in a later one. */
  trace_spans: { n: number; part: number; data: Uint8Array };
  /** A word that traces of an experiment are found by. */
  trace_term: {
    id: number;
    workspace: string;
    experiment_id: number;
    /** Its kind, key and value; of a long value the SHA-256. */
    word: string;
  };
  /** Which traces a term stands for, by their time. */
  trace_posting: { term: number; started_at: number; n: number };
  trace_assessment: {
    n: number;
    id: string;
    workspace: string;
    /** feedback, expectation or issue. */
    kind: string;
    name: string;
    /** JSON. */
    value: string;
    /** JSON: code, message and stack trace, where judging failed. */
    error: string | null;
    rationale: string | null;
    /** JSON: key → value. */
    metadata: string;
    source_type: string;
    source_id: string;
    span_id: string | null;
    overrides: string | null;
    valid: number;
    created_at: number;
    updated_at: number;
  };
  trace_counter: { name: string; next: number };
};

export const migrations: Migration[] = [
  {
    id: 'traces-001',
    sql: [
      `create table trace_counter (name text primary key, next bigint not null)`,
      `insert into trace_counter (name, next) values ('term', 1)`,
      `create table trace (
        n bigint primary key,
        workspace text not null,
        id text not null,
        experiment_id bigint not null,
        started_at bigint not null,
        execution_ms bigint,
        status text not null,
        name text,
        client_request_id text,
        request_preview text,
        response_preview text,
        tags text not null,
        metadata text not null,
        links text not null,
        total_tokens bigint,
        total_cost double precision,
        spans bigint not null,
        finalized bigint not null,
        terms text not null,
        unique (id, workspace)
      )`,
      `create index trace_by_start on trace (experiment_id, workspace, started_at desc, n desc)`,
      `create index trace_by_duration on trace (experiment_id, workspace, execution_ms, n)`,
      `create index trace_by_tokens on trace (experiment_id, workspace, total_tokens, n) where total_tokens is not null`,
      `create index trace_by_cost on trace (experiment_id, workspace, total_cost, n) where total_cost is not null`,
      `create table trace_spans (
        n bigint not null,
        part bigint not null,
        data bytea not null,
        primary key (n, part)
      )`,
      `create table trace_term (
        id bigint primary key,
        workspace text not null,
        experiment_id bigint not null,
        word text not null,
        unique (experiment_id, word, workspace)
      )`,
      `create table trace_posting (
        term bigint not null,
        started_at bigint not null,
        n bigint not null,
        primary key (term, started_at, n)
      )`,
      `create table trace_assessment (
        n bigint not null,
        id text not null,
        workspace text not null,
        kind text not null,
        name text not null,
        value text not null,
        error text,
        rationale text,
        metadata text not null,
        source_type text not null,
        source_id text not null,
        span_id text,
        overrides text,
        valid bigint not null,
        created_at bigint not null,
        updated_at bigint not null,
        primary key (n, id)
      )`,
    ],
  },
];
