import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, missing } from '../../platform/errors/index.ts';
import type { Serving } from '../../serving/index.ts';
import type { Alert, AlertCause, AlertDetail, AlertReport, AlertFeedback, AlertState } from '../contract.ts';
import { requireEndpoint } from '../outcomes/open-outcomes.ts';
import { findReport, requireAlert, selectAlerts, selectTransitions, type AlertRow } from '../store-alerts.ts';

/** The plain reads of alerts. */
type Names = { serving: Pick<Serving, 'find' | 'tellers'> };

export async function listAlerts(
  ctx: Ctx,
  { serving }: Names,
  query: {
    endpoint?: string;
    state?: AlertState;
    cause?: AlertCause;
    severity?: string;
    open?: boolean;
    limit?: number;
    page?: string;
  },
): Promise<{ items: Alert[]; next?: string }> {
  const { endpoint, limit = 100, page, ...rest } = query;
  if (page !== undefined && !/^[0-9a-f]{32}$/.test(page))
    throw invalid('this is not a page token', { field: 'page', hint: 'hand back `next` of the page before' });
  const rows = await selectAlerts(ctx, {
    ...rest,
    endpoint: endpoint === undefined ? undefined : await requireEndpoint(ctx, serving, endpoint),
    before: page,
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  const names = await namesOf(ctx, serving, shown);
  return {
    items: shown.map((row) => toAlert(row, names)),
    ...(rows.length > limit ? { next: shown.at(-1)!.id } : {}),
  };
}

export async function getAlert(ctx: Ctx, { serving }: Names, id: string): Promise<AlertDetail> {
  const row = await requireAlert(ctx, id);
  const transitions = await selectTransitions(ctx, id);
  return {
    ...toAlert(row, await namesOf(ctx, serving, [row])),
    transitions: transitions.map(({ state, at, by_name, note }) => ({
      state: state as AlertState,
      at,
      ...(by_name === null ? {} : { by: by_name }),
      ...(note === null ? {} : { note }),
    })),
  };
}

/** As it was made; without one yet, what is to come is said. */
export async function getReport(ctx: Ctx, id: string): Promise<AlertReport> {
  const alert = await requireAlert(ctx, id);
  const row = await findReport(ctx, id);
  if (row) return { ...(JSON.parse(row.report) as Omit<AlertReport, 'sha256'>), sha256: row.sha256 }; // written by this room
  throw missing(`alert '${id}' has no report yet`, {
    field: 'alert',
    hint:
      alert.fired_at === null ? 'it is made when the alert fires' : 'it is being made; ask again in a moment',
    code: 'no-report',
  });
}

async function namesOf(
  ctx: Ctx,
  serving: Names['serving'],
  rows: readonly AlertRow[],
): Promise<Map<string, string>> {
  const refs = [...new Set(rows.map(({ endpoint_id }) => `endpoint:${endpoint_id}`))];
  if (refs.length === 0) return new Map();
  const told = await serving.tellers.endpoints(ctx, refs);
  return new Map([...told.values()].map(({ facts: { id, name } }) => [id, name]));
}

const toAlert = (row: AlertRow, names: ReadonlyMap<string, string>): Alert => ({
  ref: `alert:${row.id}`,
  id: row.id,
  endpoint: names.get(row.endpoint_id) ?? '',
  ...(row.model === null || row.version === null ? {} : { model: row.model, version: row.version }),
  cause: row.cause as Alert['cause'],
  severity: row.severity as Alert['severity'],
  state: row.state as AlertState,
  summary: row.summary,
  members: JSON.parse(row.members) as string[], // written by this room
  first_window: row.first_window,
  last_window: row.last_window,
  opened_at: row.opened_at,
  ...(row.fired_at === null ? {} : { fired_at: row.fired_at }),
  ...(row.silenced_until === null ? {} : { silenced_until: row.silenced_until }),
  ...(row.resolved_at === null ? {} : { resolved_at: row.resolved_at }),
  ...(row.owner === null ? {} : { owner: row.owner }),
  ...(row.runbook === null ? {} : { runbook: row.runbook }),
  ...(row.feedback === null ? {} : { feedback: row.feedback as AlertFeedback }),
  updated_at: row.updated_at,
});
