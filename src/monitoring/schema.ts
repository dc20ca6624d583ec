import type { Migration } from '../platform/db/index.ts';

export type MonitoringTables = {
  /** Outcomes that were told one by one and are not folded into a file yet. */
  outcome: {
    id: string;
    workspace: string;
    endpoint_id: string;
    /** What they are outcomes of: rows of one prediction, or a key at a time. Those of equal subjects supersede each other. */
    subject: string;
    prediction: string | null;
    row_number: number;
    key: string | null;
    /** When the prediction was asked for. */
    time: number;
    label: string;
    /** The label as a number, where it is one; of a truth value 1 or 0. */
    number: number | null;
    observed_at: number;
    received_at: number;
  };
  /** Outcomes in files: tables that were added, and rows that were folded. */
  outcome_table: {
    id: string;
    workspace: string;
    endpoint_id: string;
    /** `folded`: rows of `outcome`, as this room writes them; `given`: as they came. */
    kind: string;
    source: string;
    /** JSON: `[{hash, shown, format}]`, blobs that make one table. */
    files: string;
    /** JSON: which column is what (`Reading`); of folded ones null. */
    reading: string | null;
    /** Says files and columns: what is equal is delivered again. */
    digest: string;
    /** JSON: counts by reason. */
    refused: string;
    row_count: number;
    accepted: number;
    received_at: number;
    created_by: string;
  };
  /** A watch on an endpoint. */
  monitor: {
    id: string;
    workspace: string;
    endpoint_id: string;
    /** Windows of another length are another generation: jobs of an earlier one end without a word. */
    generation: number;
    window_ms: number;
    label_delay_ms: number;
    /** JSON: `MonitorSettings`. */
    settings: string;
    created_at: number;
    updated_at: number;
    created_by: string;
  };
  /** What windows of a version are compared with; never changed. */
  monitor_reference: {
    monitor_id: string;
    version_ref: string;
    /** `given`: a dataset; `first`, `answers`: its own first windows, for inputs that are not in there and for outputs; `label`: the label of a dataset, for outcomes. */
    part: string;
    source: string;
    row_count: number;
    /** JSON: `Watched[]`. */
    watched: string;
    created_at: number;
  };
  /** A window that was looked at. */
  monitor_window: {
    monitor_id: string;
    generation: number;
    from_at: number;
    to_at: number;
    state: string;
    row_count: number;
    model: string | null;
    version: number | null;
    version_ref: string | null;
    problem: string | null;
    looked_at: number;
    scored_at: number | null;
    /** What time it stands for where the past is played again, ms; null for its own. */
    stands_for_ms: number | null;
  };
  signal: {
    monitor_id: string;
    generation: number;
    from_at: number;
    /** `drift in_distance`: one of each in a window. */
    name: string;
    signal: string;
    column_name: string | null;
    value: number | null;
    state: string;
    reason: string;
    /** JSON. */
    evidence: string;
  };
  /** What a sequential detector has gathered from the windows of a version so far. */
  monitor_evidence: {
    monitor_id: string;
    generation: number;
    version_ref: string;
    /** `drift`, `harm`, `estimate`, `labels`, `service`. */
    detector: string;
    /** JSON of the detector; it belongs to the last window that was written down. */
    state: string;
    updated_at: number;
  };
  /** What one cause makes of one endpoint, as long as it goes on. */
  alert: {
    id: string;
    workspace: string;
    endpoint_id: string;
    /** It may be gone; the alert stays. */
    monitor_id: string;
    model: string | null;
    version: number | null;
    cause: string;
    severity: string;
    state: string;
    summary: string;
    /** JSON: columns. */
    members: string;
    /** In a row. */
    bad_windows: number;
    good_windows: number;
    first_window: number;
    last_window: number;
    opened_at: number;
    fired_at: number | null;
    silenced_until: number | null;
    resolved_at: number | null;
    updated_at: number;
    owner: string | null;
    runbook: string | null;
    /** `useful`, `noise`. */
    feedback: string | null;
    feedback_by: string | null;
  };
  /** Why an alert fired: made once, never changed. */
  alert_report: {
    alert_id: string;
    workspace: string;
    created_at: number;
    /** Of the text of the report, which the ledger has, too. */
    sha256: string;
    /** JSON: `AlertReport`. */
    report: string;
  };
  alert_transition: {
    alert_id: string;
    seq: number;
    state: string;
    at: number;
    by_name: string | null;
    note: string | null;
  };
};

export const migrations: Migration[] = [
  {
    id: 'monitoring-001',
    sql: [
      `create table outcome (
        id text primary key,
        workspace text not null,
        endpoint_id text not null references endpoint (id),
        subject text not null,
        prediction text,
        row_number bigint not null,
        key text,
        time bigint not null,
        label text not null,
        number double precision,
        observed_at bigint not null,
        received_at bigint not null
      )`,
      `create index outcome_by_age on outcome (endpoint_id, id)`,
      `create index outcome_by_subject on outcome (endpoint_id, subject)`,
      `create table outcome_table (
        id text primary key,
        workspace text not null,
        endpoint_id text not null references endpoint (id),
        kind text not null,
        source text not null,
        files text not null,
        reading text,
        digest text not null,
        refused text not null,
        row_count bigint not null,
        accepted bigint not null,
        received_at bigint not null,
        created_by text not null,
        unique (endpoint_id, digest)
      )`,
      `create index outcome_table_by_age on outcome_table (endpoint_id, id)`,
    ],
  },
  {
    id: 'monitoring-002',
    sql: [
      `create table monitor (
        id text primary key,
        workspace text not null,
        endpoint_id text not null references endpoint (id),
        generation bigint not null,
        window_ms bigint not null,
        label_delay_ms bigint not null,
        settings text not null,
        created_at bigint not null,
        updated_at bigint not null,
        created_by text not null,
        unique (workspace, endpoint_id)
      )`,
      `create table monitor_reference (
        monitor_id text not null references monitor (id),
        version_ref text not null,
        part text not null,
        source text not null,
        row_count bigint not null,
        watched text not null,
        created_at bigint not null,
        primary key (monitor_id, version_ref, part)
      )`,
      `create table monitor_window (
        monitor_id text not null references monitor (id),
        generation bigint not null,
        from_at bigint not null,
        to_at bigint not null,
        state text not null,
        row_count bigint not null,
        model text,
        version bigint,
        version_ref text,
        problem text,
        looked_at bigint not null,
        scored_at bigint,
        primary key (monitor_id, generation, from_at)
      )`,
      `create table signal (
        monitor_id text not null references monitor (id),
        generation bigint not null,
        from_at bigint not null,
        name text not null,
        signal text not null,
        column_name text,
        value double precision,
        state text not null,
        reason text not null,
        evidence text not null,
        primary key (monitor_id, generation, from_at, name)
      )`,
    ],
  },
  {
    id: 'monitoring-003',
    sql: [
      `create table alert (
        id text primary key,
        workspace text not null,
        endpoint_id text not null references endpoint (id),
        monitor_id text not null,
        model text,
        version bigint,
        cause text not null,
        severity text not null,
        state text not null,
        summary text not null,
        members text not null,
        bad_windows bigint not null,
        good_windows bigint not null,
        first_window bigint not null,
        last_window bigint not null,
        opened_at bigint not null,
        fired_at bigint,
        silenced_until bigint,
        resolved_at bigint,
        updated_at bigint not null
      )`,
      // One of a cause goes on at a time.
      `create unique index alert_open on alert (monitor_id, cause) where resolved_at is null`,
      `create index alert_by_time on alert (workspace, id)`,
      `create index alert_by_endpoint on alert (workspace, endpoint_id, id)`,
      `create table alert_transition (
        alert_id text not null references alert (id),
        seq bigint not null,
        state text not null,
        at bigint not null,
        by_name text,
        note text,
        primary key (alert_id, seq)
      )`,
    ],
  },
  {
    id: 'monitoring-004',
    sql: [
      `create table monitor_evidence (
        monitor_id text not null references monitor (id),
        generation bigint not null,
        version_ref text not null,
        detector text not null,
        state text not null,
        updated_at bigint not null,
        primary key (monitor_id, generation, version_ref, detector)
      )`,
    ],
  },
  {
    id: 'monitoring-005',
    sql: ['alter table monitor_window add column stands_for_ms bigint'],
  },
];
