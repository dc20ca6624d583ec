import type { Ctx } from '../../ctx/index.ts';
import { conflict } from '../../errors/index.ts';
import { route, type Route } from '../../http/index.ts';
import { newId } from '../../ids/index.ts';
import type { JobType } from '../../jobs/index.ts';
import type { Outbound } from '../../outbound/index.ts';
import type { Subscriber } from '../event.ts';
import { moveCursor, selectBounds } from '../store.ts';
import * as contract from './contract.ts';
import type { Webhook } from './contract.ts';
import { deliverWebhook } from './deliver.ts';
import { newSecret } from './sign.ts';
import {
  anyWebhook,
  changeWebhook,
  insertWebhook,
  removeWebhook,
  selectWebhook,
  selectWebhooks,
  toWebhook,
  typesOf,
  type WebhookRow,
} from './store.ts';

export interface Webhooks {
  /** For `jobs.register`. */
  readonly deliver: JobType<never>;
  /** For `events.subscribe`. */
  readonly subscriber: Subscriber;
  readonly routes: Route[];
}

const SUBSCRIBER = 'webhooks';
/** Webhooks of a workspace: each event becomes a job for each of them. */
const MOST = 200;

/** Sends events to the URLs that admins of a workspace chose, through the one door to other hosts. */
export function createWebhooks(outbound: Outbound): Webhooks {
  const deliver = deliverWebhook(outbound);
  return {
    deliver,
    subscriber: {
      name: SUBSCRIBER,
      types: ['*'],
      wanted: anyWebhook,
      async handle(tx, event) {
        for (const row of await selectWebhooks(tx)) {
          if (row.enabled === 1 && typesOf(row).some((pattern) => matches(pattern, event.type))) {
            await tx.enqueue(
              deliver,
              { webhook: row.id, seq: event.seq },
              { uniqueKey: `${row.id}:${event.seq}` },
            );
          }
        }
      },
    },
    routes: [
      route(contract.listWebhooks, async (ctx) => ({ items: (await selectWebhooks(ctx)).map(toWebhook) })),
      route(contract.createWebhook, (ctx, { body }) => createWebhook(ctx, outbound, body)),
      route(contract.updateWebhook, (ctx, { params, body }) =>
        updateWebhook(ctx, outbound, params.webhook, body),
      ),
      route(contract.deleteWebhook, (ctx, { params }) => deleteWebhook(ctx, params.webhook)),
    ],
  };
}

interface Shown {
  webhook: Webhook;
  secret?: string;
}

async function createWebhook(
  ctx: Ctx,
  outbound: Outbound,
  { url, types }: { url: string; types: string[] },
): Promise<Shown> {
  const now = ctx.clock.now();
  const row: WebhookRow = {
    id: newId(now),
    workspace: ctx.workspace,
    url: outbound.check(url).href,
    types: JSON.stringify(types),
    secret: newSecret(),
    enabled: 1,
    created_at: now,
    created_by: ctx.actor.name,
    last_at: null,
    last_status: null,
    last_error: null,
    failures: 0,
    failing_since: null,
  };
  await ctx.write(async (tx) => {
    // The first one: the cursor rested until now, and what happened meanwhile is not for it.
    if (!(await anyWebhook(tx))) await moveCursor(tx, SUBSCRIBER, (await selectBounds(tx)).last);
    if ((await selectWebhooks(tx)).length >= MOST)
      throw conflict(`workspace '${tx.workspace}' has ${MOST} webhooks already, and may have no more`, {
        hint: 'remove one that nobody needs, or let one receiver hand events on',
      });
    await insertWebhook(tx, row);
    await tx.record({
      action: 'webhook.created',
      resource: `webhook:${row.id}`,
      after: { url: row.url, types },
    });
    await tx.emit({ type: 'webhook.created', subject: `webhook:${row.id}` });
  });
  return { webhook: toWebhook(row), secret: row.secret };
}

async function updateWebhook(
  ctx: Ctx,
  outbound: Outbound,
  id: string,
  change: { url?: string; types?: string[]; enabled?: boolean; new_secret?: boolean },
): Promise<Shown> {
  const url = change.url === undefined ? undefined : outbound.check(change.url).href;
  return ctx.write(async (tx) => {
    const before = await selectWebhook(tx, id);
    const moved = url !== undefined && url !== before.url;
    // A secret is bound to its destination.
    const secret = moved || change.new_secret === true ? newSecret() : undefined;
    await changeWebhook(tx, id, {
      ...(url === undefined ? {} : { url }),
      ...(change.types === undefined ? {} : { types: JSON.stringify(change.types) }),
      ...(change.enabled === undefined ? {} : { enabled: change.enabled ? 1 : 0 }),
      // A receiver that was mended, or is another one, starts with a clean slate.
      ...(change.enabled === true || moved ? { failures: 0, failing_since: null } : {}),
      ...(secret === undefined ? {} : { secret }),
    });
    const after = toWebhook(await selectWebhook(tx, id));
    const digest = ({ url: to, types, enabled }: Webhook) => ({ url: to, types, enabled });
    await tx.record({
      action: 'webhook.updated',
      resource: `webhook:${id}`,
      before: digest(toWebhook(before)),
      after: { ...digest(after), new_secret: secret !== undefined },
    });
    await tx.emit({ type: 'webhook.updated', subject: `webhook:${id}` });
    return { webhook: after, ...(secret === undefined ? {} : { secret }) };
  });
}

async function deleteWebhook(ctx: Ctx, id: string): Promise<Webhook> {
  return ctx.write(async (tx) => {
    const row = await selectWebhook(tx, id);
    await removeWebhook(tx, id);
    await tx.record({
      action: 'webhook.deleted',
      resource: `webhook:${id}`,
      before: { url: row.url, types: typesOf(row) },
    });
    await tx.emit({ type: 'webhook.deleted', subject: `webhook:${id}` });
    return toWebhook(row);
  });
}

const matches = (pattern: string, type: string): boolean =>
  pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));
