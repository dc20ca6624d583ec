import { Type, type Static } from 'typebox';
import { endpoint, Millis, Page, Strict } from '../../http/contract.ts';

const Url = Type.String({
  minLength: 8,
  maxLength: 2000,
  description: 'https://… of the receiver; internal hosts only where an admin of the server opened them.',
});
const Types = Type.Array(Type.String({ pattern: '^(\\*|[a-z_]+\\.(\\*|[a-z_]+))$' }), {
  minItems: 1,
  maxItems: 100,
  description: 'Event types to send: `model_version.promoted`, `run.*`, or `*` for all.',
});

export const Webhook = Type.Object(
  {
    id: Type.String(),
    name: Type.Optional(Type.String({ description: 'What its maker calls it.' })),
    description: Type.Optional(Type.String()),
    form: Type.Optional(
      Type.String({ description: 'In whose words it tells events: `mlflow`; ours where there is none.' }),
    ),
    url: Url,
    types: Types,
    enabled: Type.Boolean(),
    created_at: Millis('When it was made.'),
    created_by: Type.String(),
    updated_at: Millis('When its settings were last changed.'),
    last_at: Type.Optional(Millis('Last delivery, or attempt at one.')),
    last_status: Type.Optional(Type.Integer({ description: 'HTTP status of the last answer.' })),
    last_error: Type.Optional(Type.String({ description: 'Why the last attempt failed.' })),
    failures: Type.Integer({
      description: 'Failed attempts since the last good one. A webhook that only fails is switched off.',
    }),
  },
  {
    description:
      'Sends events of the workspace to a URL, signed after Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature: v1).',
  },
);
export type Webhook = Static<typeof Webhook>;

/** The secret is shown in the answer that makes it and never again. */
const WithSecret = Type.Object({
  webhook: Webhook,
  secret: Type.Optional(Type.String({ description: '`whsec_…`: shown once, when it is made.' })),
});

const WebhookId = Strict({ webhook: Type.String({ minLength: 1, maxLength: 64 }) });

export const listWebhooks = endpoint({
  method: 'GET',
  path: '/api/v1/webhooks',
  action: 'webhook:admin',
  summary: 'List webhooks',
  response: Page(Webhook),
});

export const createWebhook = endpoint({
  method: 'POST',
  path: '/api/v1/webhooks',
  action: 'webhook:admin',
  summary: 'Send events to a URL',
  body: Strict({ url: Url, types: Types }),
  response: WithSecret,
});

export const updateWebhook = endpoint({
  method: 'PATCH',
  path: '/api/v1/webhooks/:webhook',
  action: 'webhook:admin',
  summary: 'Change a webhook',
  description:
    'A new URL drops the secret: a fresh one is made and shown once, so that no secret ever follows to another place.',
  params: WebhookId,
  body: Strict({
    url: Type.Optional(Url),
    types: Type.Optional(Types),
    enabled: Type.Optional(Type.Boolean()),
    new_secret: Type.Optional(Type.Boolean({ description: 'Make a fresh secret.' })),
  }),
  response: WithSecret,
});

export const deleteWebhook = endpoint({
  method: 'DELETE',
  path: '/api/v1/webhooks/:webhook',
  action: 'webhook:admin',
  summary: 'Remove a webhook',
  params: WebhookId,
  response: Webhook,
});
