import type { Ctx } from '../../ctx/index.ts';
import { outwardMessageOf } from '../../errors/index.ts';
import { route, type Route } from '../../http/index.ts';
import { newId } from '../../ids/index.ts';
import type { JobType } from '../../jobs/index.ts';
import type { Outbound } from '../../outbound/index.ts';
import type { Subscriber } from '../event.ts';
import * as contract from './contract.ts';
import type { Webhook } from './contract.ts';
import { deliverWebhook, sendMessage } from './deliver.ts';
import { requireForm, type Told, type WebhookForms } from './form.ts';
import {
  createWebhook,
  deleteWebhook,
  SUBSCRIBER,
  updateWebhook,
  type NewWebhook,
  type Shown,
  type WebhookChange,
} from './set-webhook.ts';
import { anyWebhook, selectWebhook, selectWebhooks, toWebhook, typesOf } from './store.ts';

export interface Webhooks {
  /** For `jobs.register`. */
  readonly deliver: JobType<never>;
  /** For `events.subscribe`. */
  readonly subscriber: Subscriber;
  readonly routes: Route[];
  /** For the face of another protocol. */
  list(ctx: Ctx): Promise<Webhook[]>;
  create(ctx: Ctx, webhook: NewWebhook): Promise<Webhook>;
  update(ctx: Ctx, id: string, change: WebhookChange): Promise<Webhook>;
  remove(ctx: Ctx, id: string): Promise<Webhook>;
  /** Sends an example of an event now, once, to a webhook of another form. What the receiver says is never shown. */
  tryOut(ctx: Ctx, id: string, type?: string): Promise<{ status: number } | { error: string }>;
}

/** Sends events to the URLs that admins of a workspace chose, through the one door to other hosts. */
export function createWebhooks(outbound: Outbound, forms: WebhookForms = {}): Webhooks {
  const deliver = deliverWebhook(outbound, forms);
  const senders = { outbound, forms };
  const change = (ctx: Ctx, id: string, changed: WebhookChange): Promise<Shown> =>
    updateWebhook(ctx, senders, id, changed);
  return {
    deliver,
    subscriber: {
      name: SUBSCRIBER,
      types: ['*'],
      wanted: anyWebhook,
      async handle(tx, event) {
        /** What each form says of it, asked once. */
        const told = new Map<string, Told | undefined>();
        for (const row of await selectWebhooks(tx)) {
          if (row.enabled !== 1) continue;
          if (row.form !== null && !told.has(row.form))
            told.set(row.form, await forms[row.form]?.tell(tx, event));
          const said = row.form === null ? { type: event.type } : told.get(row.form);
          if (!said || !typesOf(row).some((pattern) => matches(pattern, said.type))) continue;
          await tx.enqueue(
            deliver,
            { webhook: row.id, seq: event.seq, ...('body' in said ? { body: said.body } : {}) },
            { uniqueKey: `${row.id}:${event.seq}` },
          );
        }
      },
    },
    routes: [
      route(contract.listWebhooks, async (ctx) => ({ items: (await selectWebhooks(ctx)).map(toWebhook) })),
      route(contract.createWebhook, (ctx, { body }) => createWebhook(ctx, senders, body)),
      route(contract.updateWebhook, (ctx, { params, body }) => change(ctx, params.webhook, body)),
      route(contract.deleteWebhook, (ctx, { params }) => deleteWebhook(ctx, params.webhook)),
    ],
    list: async (ctx) => (await selectWebhooks(ctx)).map(toWebhook),
    create: async (ctx, webhook) => (await createWebhook(ctx, senders, webhook)).webhook,
    update: async (ctx, id, changed) => (await change(ctx, id, changed)).webhook,
    remove: deleteWebhook,
    async tryOut(ctx, id, type) {
      const webhook = await selectWebhook(ctx, id);
      const form = requireForm(forms, webhook.form ?? '');
      const now = ctx.clock.now();
      const body = form.example(type ?? typesOf(webhook)[0]!, ctx.workspace, now);
      try {
        return await sendMessage(ctx, { ...senders, webhook, id: newId(now), body });
      } catch (error) {
        return { error: outwardMessageOf(error) };
      }
    },
  };
}

const matches = (pattern: string, type: string): boolean =>
  pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));
