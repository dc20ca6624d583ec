import type { Ctx } from '../../ctx/index.ts';
import { conflict, invalid } from '../../errors/index.ts';
import { newId } from '../../ids/index.ts';
import type { Outbound } from '../../outbound/index.ts';
import { moveCursor, selectBounds } from '../store.ts';
import type { Webhook } from './contract.ts';
import { requireForm, type WebhookForms } from './form.ts';
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

/** The cursor of all webhooks. */
export const SUBSCRIBER = 'webhooks';
/** Webhooks of a workspace: each event becomes a job for each of them. */
const MOST = 200;

export interface Senders {
  outbound: Outbound;
  forms: WebhookForms;
}

/** `secret` is told once, when we made it. */
export interface Shown {
  webhook: Webhook;
  secret?: string;
}

export interface NewWebhook {
  url: string;
  types: string[];
  name?: string | undefined;
  description?: string | undefined;
  enabled?: boolean | undefined;
  /** In whose words it tells; then its secret is the caller's own, and without one nothing is signed. */
  form?: { name: string; secret?: string | undefined } | undefined;
}

export async function createWebhook(
  ctx: Ctx,
  { outbound, forms }: Senders,
  { url, types, name, description, enabled = true, form }: NewWebhook,
): Promise<Shown> {
  if (form) checkTypes(forms, form.name, types);
  const now = ctx.clock.now();
  const row: WebhookRow = {
    id: newId(now),
    workspace: ctx.workspace,
    url: outbound.check(url).href,
    types: JSON.stringify(types),
    secret: form ? (form.secret ?? '') : newSecret(),
    enabled: enabled ? 1 : 0,
    created_at: now,
    created_by: ctx.actor.name,
    last_at: null,
    last_status: null,
    last_error: null,
    failures: 0,
    failing_since: null,
    name: name ?? null,
    description: description ?? null,
    form: form?.name ?? null,
    updated_at: now,
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
      after: { url: row.url, types, ...(form ? { form: form.name } : {}) },
    });
    await tx.emit({ type: 'webhook.created', subject: `webhook:${row.id}` });
  });
  return { webhook: toWebhook(row), ...(form ? {} : { secret: row.secret }) };
}

export interface WebhookChange {
  url?: string | undefined;
  types?: string[] | undefined;
  enabled?: boolean | undefined;
  name?: string | undefined;
  description?: string | undefined;
  /** Make a fresh one. */
  new_secret?: boolean | undefined;
  /** The caller's own, of another form; the empty text takes it away. */
  secret?: string | undefined;
}

/** A secret is bound to its destination: at another address ours is made anew, and a caller's own must be said again. */
export async function updateWebhook(
  ctx: Ctx,
  { outbound, forms }: Senders,
  id: string,
  change: WebhookChange,
): Promise<Shown> {
  const url = change.url === undefined ? undefined : outbound.check(change.url).href;
  return ctx.write(async (tx) => {
    const before = await selectWebhook(tx, id);
    if (before.form !== null && change.types) checkTypes(forms, before.form, change.types);
    const moved = url !== undefined && url !== before.url;
    const fresh = before.form === null && (moved || change.new_secret === true) ? newSecret() : change.secret;
    if (before.form !== null && fresh === undefined && before.secret !== '') {
      if (moved && new URL(url).origin !== new URL(before.url).origin)
        throw invalid('the secret of this webhook does not go to another host', {
          field: 'secret',
          hint: 'send the secret of the new receiver along, or an empty one for none',
        });
      if (change.new_secret === true)
        throw invalid(`a webhook of the form '${before.form}' has the secret that its maker gave it`, {
          field: 'new_secret',
          hint: 'change it where it was made',
        });
    }
    await changeWebhook(tx, id, {
      ...(url === undefined ? {} : { url }),
      ...(change.types === undefined ? {} : { types: JSON.stringify(change.types) }),
      ...(change.enabled === undefined ? {} : { enabled: change.enabled ? 1 : 0 }),
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(change.description === undefined ? {} : { description: change.description }),
      // A receiver that was mended, or is another one, starts with a clean slate.
      ...(change.enabled === true || moved ? { failures: 0, failing_since: null } : {}),
      ...(fresh === undefined ? {} : { secret: fresh }),
      updated_at: tx.clock.now(),
    });
    const after = toWebhook(await selectWebhook(tx, id));
    const digest = ({ url: to, types, enabled }: Webhook) => ({ url: to, types, enabled });
    await tx.record({
      action: 'webhook.updated',
      resource: `webhook:${id}`,
      before: digest(toWebhook(before)),
      after: { ...digest(after), new_secret: fresh !== undefined },
    });
    await tx.emit({ type: 'webhook.updated', subject: `webhook:${id}` });
    return { webhook: after, ...(before.form === null && fresh !== undefined ? { secret: fresh } : {}) };
  });
}

export async function deleteWebhook(ctx: Ctx, id: string): Promise<Webhook> {
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

function checkTypes(forms: WebhookForms, form: string, types: readonly string[]): void {
  const known = requireForm(forms, form).types;
  const unknown = types.find((type) => !known.includes(type));
  if (unknown !== undefined)
    throw invalid(`webhooks of the form '${form}' know no event '${unknown}'`, {
      field: 'types',
      hint: `they know ${known.join(', ')}`,
    });
}
