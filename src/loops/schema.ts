import type { Migration } from '../platform/db/index.ts';

export type LoopTables = {
  loop: {
    id: string;
    workspace: string;
    name: string;
    pipeline: string;
    /** The endpoint whose alerts it hears; by name, since it may come and go. */
    endpoint: string | null;
    model: string | null;
    state: string;
    reason: string | null;
    state_at: number;
    state_by: string;
    /** JSON: `LoopSettings`. */
    settings: string;
    /** JSON: `loop:` of the file, as it was when it was last taken over. */
    declared: string | null;
    /** 1: the file said it last. */
    from_file: number;
    /** What pushes are signed with. */
    secret: string | null;
    /** In a row. */
    rejected: number;
    failed: number;
    back_off_until: number;
    created_at: number;
    created_by: string;
    updated_at: number;
  };
  /** A schedule of a loop: when it turns next. */
  loop_schedule: {
    loop_id: string;
    workspace: string;
    /** `daily 03:00 Europe/Berlin` */
    name: string;
    cron: string;
    time_zone: string;
    catch_up: string;
    /** Times before it were claimed, or are left out. */
    next_at: number;
  };
  loop_turn: {
    id: string;
    workspace: string;
    loop_id: string;
    loop_name: string;
    trigger_name: string;
    kind: string;
    /** The planned time, or what it came from: once for each trigger of a loop, for good. */
    occurrence: string;
    planned_for: number | null;
    cause: string;
    cause_ref: string | null;
    dry_run: number;
    force: number;
    state: string;
    code: string | null;
    reason: string | null;
    not_before: number | null;
    key: string | null;
    model: string | null;
    /** What it occupies while it is under way: one at a time. */
    flight: string | null;
    execution: string | null;
    execution_number: number | null;
    release_id: string | null;
    version: number | null;
    created_at: number;
    created_by: string;
    started_at: number | null;
    updated_at: number;
    ended_at: number | null;
  };
  /** One row a step of its way, written in the transaction of the step itself. */
  loop_turn_transition: {
    turn_id: string;
    seq: number;
    state: string;
    at: number;
    note: string | null;
  };
};

export const migrations: Migration[] = [
  {
    id: 'loops-001',
    sql: [
      `create table loop (
        id text primary key,
        workspace text not null,
        name text not null,
        pipeline text not null,
        endpoint text,
        model text,
        state text not null,
        reason text,
        state_at bigint not null,
        state_by text not null,
        settings text not null,
        declared text,
        from_file bigint not null,
        secret text,
        rejected bigint not null,
        failed bigint not null,
        back_off_until bigint not null,
        created_at bigint not null,
        created_by text not null,
        updated_at bigint not null,
        unique (workspace, name)
      )`,
      `create index loop_by_endpoint on loop (workspace, endpoint)`,
      `create index loop_by_pipeline on loop (workspace, pipeline)`,
      `create table loop_schedule (
        loop_id text not null references loop (id),
        workspace text not null,
        name text not null,
        cron text not null,
        time_zone text not null,
        catch_up text not null,
        next_at bigint not null,
        primary key (loop_id, name)
      )`,
      `create index loop_schedule_due on loop_schedule (next_at)`,
      `create table loop_turn (
        id text primary key,
        workspace text not null,
        loop_id text not null references loop (id),
        loop_name text not null,
        trigger_name text not null,
        kind text not null,
        occurrence text not null,
        planned_for bigint,
        cause text not null,
        cause_ref text,
        dry_run bigint not null,
        force bigint not null,
        state text not null,
        code text,
        reason text,
        not_before bigint,
        key text,
        model text,
        flight text,
        execution text,
        execution_number bigint,
        release_id text,
        version bigint,
        created_at bigint not null,
        created_by text not null,
        started_at bigint,
        updated_at bigint not null,
        ended_at bigint,
        unique (loop_id, trigger_name, occurrence)
      )`,
      // One training of a model at a time, whichever loop asks for it.
      `create unique index loop_turn_flight on loop_turn (workspace, flight) where flight is not null`,
      `create index loop_turn_by_time on loop_turn (workspace, id)`,
      `create index loop_turn_by_loop on loop_turn (loop_id, id)`,
      `create index loop_turn_started on loop_turn (loop_id, started_at)`,
      `create index loop_turn_by_execution on loop_turn (workspace, execution)`,
      `create index loop_turn_open on loop_turn (state, id) where ended_at is null`,
      `create table loop_turn_transition (
        turn_id text not null references loop_turn (id),
        seq bigint not null,
        state text not null,
        at bigint not null,
        note text,
        primary key (turn_id, seq)
      )`,
    ],
  },
];
