import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, missing, outwardMessageOf } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Delivery } from './contract.ts';
import { messageOfRows, type Parts } from './jobs.ts';
import type { Notice, Thread } from './notice.ts';
import { ONE_BY_ONE, send } from './send/send.ts';
import { changeDeliveries, findChannelById, findDelivery, requireChannel, selectWaiting } from './store.ts';
import { toDelivery } from './views.ts';

/** Sends a message of trial while the caller waits. What keeps incidents is told at once that it is over. */
export async function testChannel(
  ctx: Ctx,
  parts: Parts,
  name: string,
  signal: AbortSignal,
): Promise<{ sent: boolean; ms: number; error?: string }> {
  const channel = await requireChannel(ctx, name);
  const id = newId(ctx.clock.now());
  const now = ctx.clock.now();
  const notice: Notice = {
    subject: `trial:${id}`,
    seq: 0,
    event: 'firing',
    at: now,
    since: now,
    group: 'trial',
    severity: 'ticket',
    cause: 'trial',
    endpoint: 'none',
    title: `a trial of channel ${name}`,
    text: `${ctx.actor.name} tries whether messages of workspace ${ctx.workspace} arrive. Nothing is wrong.`,
    facts: [],
    path: '/settings',
  };
  const steps = ONE_BY_ONE.has(channel.kind)
    ? [notice, { ...notice, event: 'resolved' as const, at: now + 1 }]
    : [notice];
  const began = performance.now();
  const ms = (): number => Math.round(performance.now() - began);
  try {
    await send(
      { outbound: parts.outbound, signal },
      channel,
      messageOfRows(ctx, parts, `msg_${id}`, 'trial', steps),
    );
    return { sent: true, ms: ms() };
  } catch (error) {
    return { sent: false, ms: ms(), error: outwardMessageOf(error).slice(0, 500) };
  }
}

/** Another round of attempts for what was given up. */
export async function resend(ctx: Ctx, deliver: JobType<Thread>, id: string): Promise<Delivery> {
  return ctx.write(async (tx) => {
    const row = await findDelivery(tx, id);
    const channel = row && (await findChannelById(tx, row.channel_id));
    if (!row || !channel)
      throw missing(`there is no delivery '${id}' in workspace '${tx.workspace}'`, {
        field: 'delivery',
        hint: 'list them with: treadle channel deliveries',
      });
    if (row.state !== 'dead')
      throw conflict(`the delivery is ${row.state}`, {
        field: 'delivery',
        hint: 'only what was given up can be sent again',
      });
    if (channel.enabled !== 1)
      throw conflict(`channel '${channel.name}' is switched off`, {
        field: 'delivery',
        hint: `switch it on first: treadle channel set ${channel.name} --on`,
      });
    const { channel_id, thread } = row;
    const [before] = await selectWaiting(tx, channel_id, thread, 1);
    const fresh = { state: 'waiting', message: null, attempts: 0, error: null, ended_at: null };
    await changeDeliveries(tx, [id], fresh);
    if (!before) await tx.enqueue(deliver, { channel: channel_id, thread });
    await tx.record({ action: 'channel.resent', resource: `channel:${channel_id}`, after: { delivery: id } });
    return toDelivery({ ...row, ...fresh }, channel.name);
  });
}
