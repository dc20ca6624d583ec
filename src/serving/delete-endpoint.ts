import { holdRoom, takeRoom } from '../access/index.ts';
import { askGuards } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Engine } from './engine.ts';
import { failRevision, moveOf } from './new-revision.ts';
import { changeEndpoint, changeRevision, requireEndpoint, selectRevisions } from './store.ts';

/** Nothing answers under the name any more. The rows stay: predictions keep their story. */
export async function deleteEndpoint(ctx: Ctx, name: string, engine: Engine): Promise<void> {
  const { id, stopped } = await ctx.write(async (tx) => {
    await holdRoom(tx, 'endpoints');
    const endpoint = await requireEndpoint(tx, name);
    await takeRoom(tx, 'endpoints', -1);
    const now = tx.clock.now();
    const rows = await selectRevisions(tx, endpoint.id, { states: ['live', 'preparing'], limit: 100 });
    const live = rows.find(({ state }) => state === 'live');
    if (live) await askGuards(tx, engine.guards, [moveOf(name, live.id, live, [])]);
    for (const row of rows) {
      if (row.state === 'preparing') await failRevision(tx, row, 'the endpoint was taken away');
      else await changeRevision(tx, row.id, ['live'], { state: 'superseded', ended_at: now });
    }
    await changeEndpoint(tx, endpoint.id, { deleted_at: now, updated_at: now });
    await tx.record({
      action: 'endpoint.deleted',
      resource: `endpoint:${endpoint.id}`,
      before: { name, revision: live?.revision ?? null },
    });
    await tx.emit({ type: 'endpoint.deleted', subject: `endpoint:${endpoint.id}`, data: { name } });
    return { id: endpoint.id, stopped: rows };
  });
  await engine.planes.take(id);
  for (const row of stopped) engine.watch.changed(row.id);
}
