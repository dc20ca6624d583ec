import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing, TreadleError } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { METRICS } from '../rules/index.ts';
import type { Serving } from '../serving/index.ts';
import { resolveGateData } from '../validation/index.ts';
import { endWatch } from './end-watch.ts';
import type { MonitorSettings } from './contract.ts';
import { enqueueWindow, type WindowJob } from './jobs.ts';
import { requireColumns } from './known-columns.ts';
import { requireEndpoint, requireFound } from './outcomes/open-outcomes.ts';
import {
  findMonitorOf,
  insertMonitor,
  removeReferences,
  updateMonitor,
  type MonitorRow,
} from './store-monitors.ts';

const DAY = 86_400_000;

interface Parts {
  serving: Pick<Serving, 'find'>;
  look: WindowJob;
}

/** Watches an endpoint from the window on that goes on now; what is set anew the same changes nothing. */
export async function setMonitor(
  ctx: Ctx,
  { serving, look }: Parts,
  name: string,
  settings: MonitorSettings,
): Promise<void> {
  const { id: endpoint, spec } = await requireFound(ctx, serving, name);
  const { window_ms = DAY, label_delay_ms = DAY, metric, reference } = settings;
  if (metric !== undefined && METRICS[metric] === undefined)
    throw invalid(`there is no metric '${metric}'`, {
      field: 'metric',
      hint: `metrics are: ${Object.keys(METRICS).join(', ')}`,
    });
  // What is misspelt is said now, and not after the first window.
  if (reference !== undefined) await requireData(ctx, reference);
  await ctx.write(async (tx) => {
    const now = tx.clock.now();
    const before = await findMonitorOf(tx, endpoint);
    const text = JSON.stringify(settings);
    if (before?.settings === text) return;
    const then = before && (JSON.parse(before.settings) as MonitorSettings); // written by this room
    // Where no model is loaded nobody knows its columns.
    if (spec) requireColumns(settings, spec, then);
    const row: MonitorRow = {
      ...(before ?? {
        id: newId(now),
        workspace: tx.workspace,
        endpoint_id: endpoint,
        created_at: now,
        created_by: tx.actor.name,
      }),
      generation: before ? before.generation + Number(before.window_ms !== window_ms) : 1,
      window_ms,
      label_delay_ms,
      settings: text,
      updated_at: now,
    };
    if (then) {
      await updateMonitor(tx, row.id, row);
      if (
        then.reference !== reference ||
        then.first_windows !== settings.first_windows ||
        then.stands_for_ms !== settings.stands_for_ms ||
        JSON.stringify(then.kinds) !== JSON.stringify(settings.kinds)
      )
        await removeReferences(tx, row.id);
    } else await insertMonitor(tx, row);
    if (before?.generation !== row.generation)
      await enqueueWindow(tx, look, row, Math.floor(now / window_ms) * window_ms);
    const resource = `monitor:${row.id}`;
    await tx.record({
      action: before ? 'monitor.changed' : 'monitor.created',
      resource,
      ...(before ? { before: JSON.parse(before.settings) as unknown } : {}),
      after: settings,
      edges: before ? [] : [{ from: resource, to: `endpoint:${endpoint}`, relation: 'watches' }],
    });
    await tx.emit({
      type: before ? 'monitor.changed' : 'monitor.created',
      subject: resource,
      data: { endpoint: name },
    });
  });
}

async function requireData(ctx: Ctx, ref: string): Promise<void> {
  try {
    await resolveGateData(ctx, { kind: 'dataset', ref });
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    const { kind, message, hint } = error;
    throw new TreadleError(kind, message, { field: 'reference', ...(hint === undefined ? {} : { hint }) });
  }
}

export async function deleteMonitor(ctx: Ctx, serving: Pick<Serving, 'find'>, name: string): Promise<void> {
  const monitor = await requireMonitor(ctx, serving, name);
  await ctx.write((tx) =>
    endWatch(tx, monitor, { endpoint: name, why: 'the endpoint is watched no longer' }),
  );
}

export async function requireMonitor(
  ctx: Ctx,
  serving: Pick<Serving, 'find'>,
  name: string,
): Promise<MonitorRow> {
  const found = await findMonitorOf(ctx, await requireEndpoint(ctx, serving, name));
  if (found) return found;
  throw missing(`endpoint '${name}' is not watched`, {
    field: 'endpoint',
    hint: `watch it with: treadle monitor set ${name}`,
  });
}
