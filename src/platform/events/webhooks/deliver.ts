import { Type } from 'typebox';
import { messageOf, TreadleError, unavailable } from '../../errors/index.ts';
import { job } from '../../jobs/index.ts';
import type { Outbound } from '../../outbound/index.ts';
import { signedHeaders } from './sign.ts';
import { changeWebhook, selectEvent, selectWebhook } from './store.ts';

/** One event to one webhook. Tried ten times within some six hours; the receiver knows a repeat by `webhook-id`. */
export const deliverWebhook = (outbound: Outbound) =>
  job({
    name: 'webhook.deliver',
    payload: Type.Object({ webhook: Type.String(), seq: Type.Integer() }),
    attempts: 10,
    backoff: 5_000,
    concurrency: 8,
    async run(ctx, { webhook: id, seq }, { signal, finish }) {
      const webhook = await selectWebhook(ctx, id);
      if (webhook.enabled !== 1) return;
      const event = await selectEvent(ctx, seq);
      const body = JSON.stringify({
        type: event.type,
        timestamp: new Date(event.time).toISOString(),
        data: {
          seq: event.seq,
          workspace: event.workspace,
          subject: event.subject,
          actor: event.actor,
          ...(event.data === null ? {} : { data: JSON.parse(event.data) as unknown }),
        },
      });
      const headers = {
        'content-type': 'application/json',
        ...signedHeaders(webhook.secret, `evt_${event.workspace}_${seq}`, ctx.clock.now(), body),
      };
      const last_at = ctx.clock.now();
      let status: number;
      try {
        // The answer's body is read to be dropped: nothing of it is ever shown.
        ({ status } = await outbound.send({
          method: 'POST',
          url: webhook.url,
          headers,
          body,
          maxBytes: 64 * 1024,
          timeout: 15_000,
          signal,
        }));
      } catch (error) {
        if (!signal.aborted)
          await ctx.write((tx) =>
            changeWebhook(tx, id, { last_at, last_status: null, last_error: messageOf(error).slice(0, 500) }),
          );
        throw error instanceof TreadleError && error.kind === 'too-large'
          ? unavailable(error.message)
          : error;
      }
      const good = status >= 200 && status < 300;
      await ctx.write(async (tx) => {
        // 410: the receiver says that it is gone for good.
        await changeWebhook(tx, id, {
          last_at,
          last_status: status,
          last_error: good ? null : `it answered ${status}`,
          ...(status === 410 ? { enabled: 0 } : {}),
        });
        if (good || status === 410) await finish(tx);
      });
      if (!good && status !== 410) throw unavailable(`the receiver answered ${status}`);
    },
  });
