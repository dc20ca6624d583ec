import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { Recording } from './contract.ts';
import type { Engine } from './engine.ts';
import { switchTo } from './go-live.ts';
import { changeEndpoint, requireEndpoint, selectHeads, type EndpointRow } from './store.ts';

/** What is kept of an endpoint's predictions from now on, and how long, ms. */
export interface Keeping {
  records?: Recording | undefined;
  keep_ms?: number | undefined;
}

const HOUR = 3_600_000;

/** What was kept before stays until its time is over; a shorter time holds for it, too, within the hour. */
export async function setRecording(ctx: Ctx, name: string, keeping: Keeping, engine: Engine): Promise<void> {
  const { keep_ms } = keeping;
  if (keeping.records === undefined && keep_ms === undefined)
    throw invalid('nothing is said that should change', {
      field: 'body',
      hint: 'say records (all, outputs or none), keep_ms, or both',
    });
  if (keep_ms !== undefined && keep_ms % HOUR !== 0)
    throw invalid(`predictions are kept for whole hours, and ${keep_ms} ms are none`, {
      field: 'keep_ms',
      hint: 'say a multiple of 3600000, an hour; on the command line for example --keep 36h or --keep 90d',
    });
  const endpoint = await ctx.write(async (tx) => {
    const found = await requireEndpoint(tx, name);
    await changeKeeping(tx, found, keeping);
    return found;
  });
  if (keeping.records !== undefined) await applyRecording(ctx, endpoint, engine);
}

/** After the commit: the planes keep what is said now. */
export async function applyRecording(ctx: Ctx, endpoint: EndpointRow, engine: Engine): Promise<void> {
  const live = (await selectHeads(ctx, [endpoint])).get(endpoint.id)?.live;
  if (live && engine.planes.entry(endpoint.id)?.serial === live.serial) await switchTo(ctx, live.id, engine);
}

/** A part of whatever else changes at the endpoint. */
export async function changeKeeping(tx: Tx, endpoint: EndpointRow, keeping: Keeping): Promise<void> {
  const before: Record<string, unknown> = {};
  const after: Record<string, unknown> = {};
  for (const key of ['records', 'keep_ms'] as const) {
    if (keeping[key] === undefined || keeping[key] === endpoint[key]) continue;
    before[key] = endpoint[key];
    after[key] = keeping[key];
  }
  if (Object.keys(after).length === 0) return;
  await changeEndpoint(tx, endpoint.id, { ...after, updated_at: tx.clock.now() });
  const resource = `endpoint:${endpoint.id}`;
  await tx.record({ action: 'endpoint.changed', resource, before, after });
  await tx.emit({ type: 'endpoint.changed', subject: resource, data: { name: endpoint.name, ...after } });
}
