import type { Migration } from '../../platform/db/index.ts';

/** What came to alerts later than the rest of the room. */
export const alertMigrations: Migration[] = [
  {
    id: 'monitoring-alerts-001',
    sql: [
      `alter table alert add column owner text`,
      `alter table alert add column runbook text`,
      `alter table alert add column feedback text`,
      `alter table alert add column feedback_by text`,
      `create index alert_by_monitor on alert (monitor_id, cause, resolved_at)`,
      `create table alert_report (
        alert_id text primary key references alert (id),
        workspace text not null,
        created_at bigint not null,
        sha256 text not null,
        report text not null
      )`,
    ],
  },
];
