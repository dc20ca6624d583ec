import { Type } from 'typebox';
import type { Ctx, Tx } from '../../ctx/index.ts';
import { outwardMessageOf, TreadleError, unavailable } from '../../errors/index.ts';
import { job } from '../../jobs/index.ts';
import type { Outbound } from '../../outbound/index.ts';
import { requireForm, type WebhookForms } from './form.ts';
import { signedHeaders } from './sign.ts';
import { changeWebhook, countFailure, selectEvent, selectWebhook, type WebhookRow } from './store.ts';

/** A webhook is switched off after this many failed attempts in a row … */
const FAILURES = 20;
/** … that lie at least this far apart, ms: a burst of events during a short outage is no reason. */
const FAILING = 3_600_000;

/** One event to one webhook. Tried ten times within some six hours; the receiver knows a repeat by its id. */
export const deliverWebhook = (outbound: Outbound, forms: WebhookForms) =>
  job({
    name: 'webhook.deliver',
    payload: Type.Object({
      webhook: Type.String(),
      seq: Type.Integer(),
      /** What another form says of the event; ours is made of the event itself. */
      body: Type.Optional(Type.String()),
    }),
    attempts: 10,
    backoff: 5_000,
    concurrency: 8,
    quiet: true,
    async run(ctx, { webhook: id, seq, body: told }, { signal, finish }) {
      const webhook = await selectWebhook(ctx, id);
      if (webhook.enabled !== 1) return;
      const body = told ?? (await standardBody(ctx, seq));
      const messageId = `evt_${webhook.workspace}_${seq}`;
      const last_at = ctx.clock.now();
      let status: number;
      try {
        // The answer's body is read to be dropped: nothing of it is ever shown.
        ({ status } = await sendMessage(ctx, { outbound, forms, webhook, id: messageId, body, signal }));
      } catch (error) {
        if (!signal.aborted)
          await ctx.write((tx) =>
            failed(tx, webhook, {
              last_at,
              last_status: null,
              last_error: outwardMessageOf(error).slice(0, 500),
            }),
          );
        throw error instanceof TreadleError && error.kind === 'too-large'
          ? unavailable(error.message)
          : error;
      }
      const good = status >= 200 && status < 300;
      await ctx.write(async (tx) => {
        const last = { last_at, last_status: status };
        if (good)
          await changeWebhook(tx, id, { ...last, last_error: null, failures: 0, failing_since: null });
        else await failed(tx, webhook, { ...last, last_error: `it answered ${status}` });
        // 410: the receiver says that it is gone for good.
        if (status === 410) await changeWebhook(tx, id, { enabled: 0 });
        if (good || status === 410) await finish(tx);
      });
      if (!good && status !== 410) throw unavailable(`the receiver answered ${status}`);
    },
  });

async function standardBody(ctx: Ctx, seq: number): Promise<string> {
  const event = await selectEvent(ctx, seq);
  return JSON.stringify({
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
}

/** One message to one receiver, signed as its form does. */
export function sendMessage(
  ctx: Ctx,
  message: {
    outbound: Outbound;
    forms: WebhookForms;
    webhook: WebhookRow;
    id: string;
    body: string;
    signal?: AbortSignal;
  },
): Promise<{ status: number }> {
  const { outbound, forms, webhook, id, body, signal } = message;
  const headers = webhook.form === null ? signedHeaders : requireForm(forms, webhook.form).headers;
  return outbound.send({
    method: 'POST',
    url: webhook.url,
    headers: { 'content-type': 'application/json', ...headers(webhook.secret, id, ctx.clock.now(), body) },
    body,
    maxBytes: 64 * 1024,
    timeout: 15_000,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Keeps what went wrong, says so once, and switches the webhook off when it has only failed for long. */
async function failed(
  tx: Tx,
  { id, url }: WebhookRow,
  last: Pick<WebhookRow, 'last_at' | 'last_status'> & { last_error: string },
): Promise<void> {
  const now = tx.clock.now();
  const row = await countFailure(tx, id, now);
  // Another delivery that ended beside this one has said already why it was switched off.
  if (row?.enabled !== 1) return;
  await changeWebhook(tx, id, last);
  const { failures, failing_since: since } = row;
  const fields = { webhook: id, host: new URL(url).host, error: last.last_error };
  if (failures === 1)
    tx.afterCommit(() => tx.log.warn('a webhook cannot be delivered and will be tried again', fields));
  if (failures < FAILURES || since === null || now - since < FAILING) return;
  await changeWebhook(tx, id, {
    enabled: 0,
    last_error: `switched off after ${failures} failed attempts in a row; the last: ${last.last_error}`,
  });
  await tx.record({
    action: 'webhook.paused',
    resource: `webhook:${id}`,
    after: { failures },
    reason: last.last_error,
  });
  await tx.emit({ type: 'webhook.paused', subject: `webhook:${id}` });
  tx.afterCommit(() =>
    tx.log.error('a webhook was switched off: every attempt failed', { ...fields, failures }),
  );
}
