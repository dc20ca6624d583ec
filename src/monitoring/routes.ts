import { invalid } from '../platform/errors/index.ts';
import { route, type Route } from '../platform/http/index.ts';
import type { Serving } from '../serving/index.ts';
import type { Tables } from '../tables/index.ts';
import { acknowledge, annotate, silence, unsilence } from './alerts/act.ts';
import { receiveAlertmanager } from './alerts/receive.ts';
import { getAlert, getReport, listAlerts } from './alerts/views.ts';
import * as contract from './contract.ts';
import { exportedFiles } from './export/files.ts';
import type { MonitorJobs } from './jobs.ts';
import { addOutcomes } from './outcomes/add-outcomes.ts';
import { joinOutcomes, toTable, uploadOutcomes } from './outcomes/add-table.ts';
import { coverage } from './outcomes/coverage.ts';
import { requireEndpoint } from './outcomes/open-outcomes.ts';
import { deleteMonitor, setMonitor } from './set-monitor.ts';
import { selectTables } from './store.ts';
import { getMonitor, listWindows } from './views.ts';

export interface Parts {
  serving: Pick<
    Serving,
    | 'find'
    | 'hash'
    | 'keptSince'
    | 'recorded'
    | 'rules'
    | 'served'
    | 'readPredictions'
    | 'serials'
    | 'tellers'
  >;
  tables: Tables;
}

export const monitoringRoutes = (parts: Parts, { look }: MonitorJobs): Route[] => [
  route(contract.setMonitor, async (ctx, { params, body }) => {
    await setMonitor(ctx, { serving: parts.serving, look }, params.endpoint, body);
    return getMonitor(ctx, parts.serving, params.endpoint);
  }),
  route(contract.getMonitor, (ctx, { params }) => getMonitor(ctx, parts.serving, params.endpoint)),
  route(contract.deleteMonitor, async (ctx, { params }) => {
    await deleteMonitor(ctx, parts.serving, params.endpoint);
    return {};
  }),
  route(contract.listWindows, (ctx, { params, query }) =>
    listWindows(ctx, parts.serving, params.endpoint, query),
  ),
  route(contract.exportMonitoring, async (_ctx, { query }) => ({ files: exportedFiles(query) })),
  route(contract.listAlerts, (ctx, { query }) => listAlerts(ctx, parts, query)),
  route(contract.getAlert, (ctx, { params }) => getAlert(ctx, parts, params.alert)),
  route(contract.getReport, (ctx, { params }) => getReport(ctx, params.alert)),
  route(contract.acknowledgeAlert, async (ctx, { params, body }) => {
    await acknowledge(ctx, params.alert, body.note);
    return getAlert(ctx, parts, params.alert);
  }),
  route(contract.updateAlert, async (ctx, { params, body }) => {
    await annotate(ctx, params.alert, body);
    return getAlert(ctx, parts, params.alert);
  }),
  route(contract.receiveAlertmanager, (ctx, { body }) => receiveAlertmanager(ctx, parts.serving, body)),
  route(contract.silenceAlert, async (ctx, { params, body }) => {
    await silence(ctx, params.alert, body);
    return getAlert(ctx, parts, params.alert);
  }),
  route(contract.unsilenceAlert, async (ctx, { params, body }) => {
    await unsilence(ctx, params.alert, body);
    return getAlert(ctx, parts, params.alert);
  }),
  route(contract.addOutcomes, (ctx, { params, body }) =>
    addOutcomes(ctx, parts.serving, params.endpoint, body.outcomes),
  ),
  route(contract.uploadOutcomes, (ctx, { params, query, body, signal }) =>
    uploadOutcomes(ctx, parts, params.endpoint, query, body, signal),
  ),
  route(contract.joinOutcomes, (ctx, { params, body, signal }) =>
    joinOutcomes(ctx, parts, params.endpoint, body, signal),
  ),
  route(contract.listOutcomeTables, async (ctx, { params, query: { limit = 100, page } }) => {
    if (page !== undefined && !/^[0-9a-f]{32}$/.test(page))
      throw invalid('this is not a page token', {
        field: 'page',
        hint: 'hand back `next` of the page before',
      });
    const endpoint = await requireEndpoint(ctx, parts.serving, params.endpoint);
    const rows = await selectTables(ctx, endpoint, { kind: 'given', before: page, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    return {
      items: shown.map((row) => ({ ...toTable(row), known: true })),
      ...(rows.length > limit ? { next: shown.at(-1)!.id } : {}),
    };
  }),
  route(contract.getCoverage, (ctx, { params, query, signal }) =>
    coverage(ctx, parts, params.endpoint, query, signal),
  ),
];
