import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { Recording } from './contract.ts';
import type { Engine } from './engine.ts';
import { switchTo } from './go-live.ts';
import { changeEndpoint, requireEndpoint, selectHeads, type EndpointRow } from './store.ts';

/** What is kept of an endpoint's predictions, from now on; what was kept before stays until its time is over. */
export async function setRecording(
  ctx: Ctx,
  name: string,
  records: Recording,
  engine: Engine,
): Promise<void> {
  const endpoint = await ctx.write(async (tx) => {
    const found = await requireEndpoint(tx, name);
    await changeRecording(tx, found, records);
    return found;
  });
  await applyRecording(ctx, endpoint, engine);
}

/** After the commit: the planes keep what is said now. */
export async function applyRecording(ctx: Ctx, endpoint: EndpointRow, engine: Engine): Promise<void> {
  const live = (await selectHeads(ctx, [endpoint])).get(endpoint.id)?.live;
  if (live && engine.planes.entry(endpoint.id)?.serial === live.serial) await switchTo(ctx, live.id, engine);
}

/** A part of whatever else changes at the endpoint. */
export async function changeRecording(tx: Tx, endpoint: EndpointRow, records: Recording): Promise<void> {
  if (endpoint.records === records) return;
  await changeEndpoint(tx, endpoint.id, { records, updated_at: tx.clock.now() });
  const resource = `endpoint:${endpoint.id}`;
  await tx.record({
    action: 'endpoint.changed',
    resource,
    before: { records: endpoint.records },
    after: { records },
  });
  await tx.emit({ type: 'endpoint.changed', subject: resource, data: { name: endpoint.name, records } });
}
