import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, missing } from '../../platform/errors/index.ts';
import type { Webhook, Webhooks } from '../../platform/events/index.ts';
import type { Route } from '../../platform/http/index.ts';
import { call } from './call.ts';
import { int, list, message, need, oneOf, text, type Reader } from './message.ts';
import { mlflowWebhooks } from './webhook-events.ts';

/** Registry webhooks, as `MlflowClient.create_webhook` makes them: those of the server, in MLflow's words. */

const FORM = 'mlflow';
const WEBHOOKS = '/mlflow/webhooks';
const NAME = /^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;

/** The protocol's words are spelt in capitals, those of the messages are not. */
const word: Reader<string> = (value, field) => (text(value, field) ?? '').toLowerCase();
const eventReader = message({ entity: need(word), action: need(word) });
const someEvent: Reader<{ entity: string; action: string } | undefined> = (value, field) =>
  value === undefined || value === null ? undefined : eventReader(value, field);

const settings = {
  name: text,
  description: text,
  url: text,
  events: list(eventReader),
  secret: text,
  status: oneOf('ACTIVE', 'DISABLED'),
};
const created = message({ ...settings, name: need(text), url: need(text) });
const changes = message({ ...settings, webhook_id: need(text) });
const tried = message({ webhook_id: need(text), event: someEvent });
const named = message({ webhook_id: need(text) });

const admin = { version: '2.0', action: 'webhook:admin' } as const;

function toMlflow(webhook: Webhook) {
  return {
    webhook_id: webhook.id,
    name: webhook.name ?? webhook.id,
    description: webhook.description,
    url: webhook.url,
    events: webhook.types.map((type) => {
      const [entity = '', action = ''] = type.toUpperCase().split('.');
      return { entity, action };
    }),
    status: webhook.enabled ? 'ACTIVE' : 'DISABLED',
    creation_timestamp: webhook.created_at,
    last_updated_timestamp: webhook.updated_at,
  };
}

function checkName(name: string): string {
  if (!NAME.test(name))
    throw invalid(`Webhook name '${name.slice(0, 80)}' is invalid`, {
      field: 'name',
      hint: 'letters, digits, dots, underscores and hyphens, 63 at most, with a letter or digit at both ends',
    });
  return name;
}

function eventTypes(events: ReadonlyArray<{ entity: string; action: string }>): string[] {
  if (events.length === 0)
    throw invalid('Webhook events must be a non-empty list', {
      field: 'events',
      hint: 'for example [{"entity": "MODEL_VERSION", "action": "CREATED"}]',
    });
  const types = events.map(({ entity, action }) => `${entity}.${action}`);
  const at = types.findIndex((type) => !mlflowWebhooks.types.includes(type));
  if (at >= 0)
    throw invalid(`Invalid action '${events[at]!.action}' for entity '${events[at]!.entity}'`, {
      field: 'events',
      hint: `this server tells of ${mlflowWebhooks.types.join(', ')}`,
    });
  return [...new Set(types)];
}

/** Those that other calls made are none of MLflow's. */
async function find(webhooks: Webhooks, ctx: Ctx, id: string): Promise<Webhook> {
  const found = (await webhooks.list(ctx)).find((one) => one.id === id && one.form === FORM);
  if (!found) throw missing(`Webhook with ID ${id.slice(0, 80)} not found.`, { field: 'webhook_id' });
  return found;
}

export function webhookRoutes(webhooks: Webhooks): Route[] {
  return [
    ...call({
      ...admin,
      method: 'POST',
      path: WEBHOOKS,
      summary: 'Tell a URL of changes in the model registry',
      request: created,
      answer: async (ctx, { name, url, description, events, secret, status }) => ({
        webhook: toMlflow(
          await webhooks.create(ctx, {
            name: checkName(name),
            url,
            description,
            types: eventTypes(events),
            enabled: status !== 'DISABLED',
            form: { name: FORM, secret },
          }),
        ),
      }),
    }),
    ...call({
      ...admin,
      method: 'GET',
      path: WEBHOOKS,
      summary: 'List the webhooks of the model registry',
      request: message({ max_results: int, page_token: text }),
      async answer(ctx, { max_results: most = 100, page_token: token }) {
        if (most < 1 || most > 1000)
          throw invalid('max_results must be between 1 and 1000', { field: 'max_results' });
        const all = (await webhooks.list(ctx)).filter(({ form }) => form === FORM).toReversed();
        // The id of the last one shown: what is added meanwhile comes before it.
        const from = token === undefined || token === '' ? 0 : all.findIndex(({ id }) => id < token);
        const page = from < 0 ? [] : all.slice(from, from + most);
        const more = from >= 0 && from + most < all.length;
        return { webhooks: page.map(toMlflow), ...(more ? { next_page_token: page.at(-1)!.id } : {}) };
      },
    }),
    ...call({
      ...admin,
      method: 'GET',
      path: `${WEBHOOKS}/:webhook_id`,
      summary: 'Get a webhook',
      request: named,
      answer: async (ctx, { webhook_id: id }) => ({ webhook: toMlflow(await find(webhooks, ctx, id)) }),
    }),
    ...call({
      ...admin,
      method: 'PATCH',
      path: `${WEBHOOKS}/:webhook_id`,
      summary: 'Change a webhook',
      request: changes,
      async answer(ctx, { webhook_id: id, name, url, description, events, secret, status }) {
        await find(webhooks, ctx, id);
        const changed = await webhooks.update(ctx, id, {
          name: name === undefined || name === '' ? undefined : checkName(name),
          url: url === '' ? undefined : url,
          description,
          types: events.length === 0 ? undefined : eventTypes(events),
          secret,
          enabled: status === undefined ? undefined : status === 'ACTIVE',
        });
        return { webhook: toMlflow(changed) };
      },
    }),
    ...call({
      ...admin,
      method: 'DELETE',
      path: `${WEBHOOKS}/:webhook_id`,
      summary: 'Delete a webhook',
      request: named,
      async answer(ctx, { webhook_id: id }) {
        await find(webhooks, ctx, id);
        await webhooks.remove(ctx, id);
      },
    }),
    ...call({
      ...admin,
      method: 'POST',
      path: `${WEBHOOKS}/:webhook_id/test`,
      summary: 'Send a webhook an example of an event, once',
      request: tried,
      async answer(ctx, { webhook_id: id, event }) {
        await find(webhooks, ctx, id);
        const said = await webhooks.tryOut(ctx, id, event && eventTypes([event])[0]);
        return {
          result:
            'status' in said
              ? { success: said.status < 400, response_status: said.status }
              : { success: false, error_message: `Failed to test webhook: ${said.error}` },
        };
      },
    }),
  ];
}
