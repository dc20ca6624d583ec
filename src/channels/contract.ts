// The one statement of the room's nouns and endpoints.
import { Type, type Static } from 'typebox';
import { endpoint, Millis, Page, Strict } from '../platform/http/contract.ts';

export const ChannelName = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
  description: 'Name of a channel: small letters, digits, dot, dash and underscore; 63 characters at most.',
});

const Url = (description: string) => Type.String({ minLength: 8, maxLength: 2000, description });
const Secret = (description: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2000,
      writeOnly: true,
      description: `${description} Never shown again.`,
    }),
  );
const Address = Type.String({
  pattern: '^[^\\s<>"@]{1,64}@[^\\s<>"@]{1,253}$',
  maxLength: 320,
  description: 'An address: ml-team@example.org.',
});

export const WebhookSettings = Strict({
  kind: Type.Literal('webhook'),
  url: Url('https://… of the receiver. Messages are signed after Standard Webhooks.'),
});
export const SlackSettings = Strict({
  kind: Type.Literal('slack'),
  url: Type.Optional(
    Url('https://… of an incoming webhook of Slack, or of what takes the same. Never shown again.'),
  ),
});
export const PagerDutySettings = Strict({
  kind: Type.Literal('pagerduty'),
  routing_key: Secret('Integration key of an Events API v2 integration.'),
  url: Type.Optional(
    Url(
      'Where events go; https://events.pagerduty.com/v2/enqueue unless said (Europe: events.eu.pagerduty.com).',
    ),
  ),
});
export const EmailSettings = Strict({
  kind: Type.Literal('email'),
  host: Type.String({ pattern: '^[A-Za-z0-9.:-]{1,253}$', description: 'The SMTP server.' }),
  port: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 65_535, description: '587 unless said; 465 with `tls`.' }),
  ),
  security: Type.Optional(
    Type.Union([Type.Literal('starttls'), Type.Literal('tls'), Type.Literal('none')], {
      description:
        'starttls: the connection must become encrypted before anything is said; tls: it is from the first byte on; none: it never is, for a server in the same house. starttls unless said.',
    }),
  ),
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })),
  password: Secret('Password of `user`.'),
  from: Address,
  to: Type.Array(Address, { minItems: 1, maxItems: 50 }),
});
export const AlertmanagerSettings = Strict({
  kind: Type.Literal('alertmanager'),
  url: Url('http://alertmanager:9093: alerts are posted to its API v2, one by one.'),
  token: Secret('Sent as a bearer token.'),
});

export const ChannelSettings = Type.Union(
  [WebhookSettings, SlackSettings, PagerDutySettings, EmailSettings, AlertmanagerSettings],
  { description: 'Where messages go. Secrets are taken and never shown.' },
);
export type ChannelSettings = Static<typeof ChannelSettings>;

export const Route = Strict(
  {
    severities: Type.Optional(
      Type.Array(Type.Union([Type.Literal('page'), Type.Literal('ticket')]), {
        minItems: 1,
        maxItems: 2,
        description: 'page: answers are worse; ticket: something is to be looked at.',
      }),
    ),
    causes: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z_]{1,40}$' }), {
        minItems: 1,
        maxItems: 50,
        description: 'Causes of alerts: data, drift, performance, …; one that there is none of is refused.',
      }),
    ),
    endpoints: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9._*-]{1,100}$' }), {
        minItems: 1,
        maxItems: 100,
        description: 'Names of endpoints; `*` stands for any letters: `flight-*`.',
      }),
    ),
  },
  {
    description:
      'Which alerts a channel is told of: those that fit all that is said. All of them where nothing is.',
  },
);
export type Route = Static<typeof Route>;

export const ChannelKind = Type.Union([
  Type.Literal('webhook'),
  Type.Literal('slack'),
  Type.Literal('pagerduty'),
  Type.Literal('email'),
  Type.Literal('alertmanager'),
]);
export type ChannelKind = Static<typeof ChannelKind>;

export const Channel = Type.Object(
  {
    id: Type.String(),
    name: ChannelName,
    kind: ChannelKind,
    target: Type.String({ description: 'Where it leads, without secrets.' }),
    settings: Type.Record(Type.String(), Type.Unknown(), { description: 'As set, without secrets.' }),
    secrets: Type.Array(Type.String(), { description: 'Names of the secrets that are set.' }),
    route: Route,
    enabled: Type.Boolean(),
    created_at: Millis('When it was made.'),
    created_by: Type.String(),
    updated_at: Millis('When it was last changed.'),
    last_at: Type.Optional(Millis('Last message, or attempt at one.')),
    last_error: Type.Optional(Type.String({ description: 'Why the last attempt failed.' })),
    failures: Type.Integer({ description: 'Failed attempts since the last good one.' }),
    waiting: Type.Integer({ description: 'Deliveries that wait, or are tried again.' }),
    dead: Type.Integer({ description: 'Deliveries that were given up.' }),
  },
  { description: 'A way out: where people, or what wakes them up, hear of alerts.' },
);
export type Channel = Static<typeof Channel>;

export const DeliveryState = Type.Union(
  [Type.Literal('waiting'), Type.Literal('sent'), Type.Literal('dead')],
  {
    description: 'waiting: it is on its way or tried again; sent: it was taken; dead: it was given up.',
  },
);
export type DeliveryState = Static<typeof DeliveryState>;

export const Delivery = Type.Object(
  {
    id: Type.String(),
    channel: Type.String({ description: 'Name of the channel.' }),
    subject: Type.String({ description: 'What it is about: `alert:<id>`.' }),
    group: Type.String({ description: 'Those of one group that come together are one message.' }),
    title: Type.String(),
    event: Type.String({ description: 'What happened to it: firing, acknowledged, silenced, resolved.' }),
    state: DeliveryState,
    message: Type.Optional(
      Type.String({ description: 'Id of the message; a repeat has the same one (`webhook-id`).' }),
    ),
    attempts: Type.Integer({ description: 'Failed ones.' }),
    error: Type.Optional(Type.String({ description: 'Why the last attempt failed.' })),
    created_at: Millis('When it happened.'),
    ended_at: Type.Optional(Millis('When it was sent or given up.')),
  },
  {
    description: 'One step of an alert’s life, told to one channel. There is one for each step and channel.',
  },
);
export type Delivery = Static<typeof Delivery>;

const OfChannel = Strict({ channel: ChannelName });
const WithSecret = Type.Object({
  channel: Channel,
  secret: Type.Optional(
    Type.String({ description: 'Of a webhook: `whsec_…`, shown once, when it is made.' }),
  ),
});

export const listChannels = endpoint({
  method: 'GET',
  path: '/api/v1/channels',
  action: 'channel:read',
  summary: 'List the channels that alerts are told to',
  response: Page(Channel),
});

export const addChannel = endpoint({
  method: 'POST',
  path: '/api/v1/channels',
  action: 'channel:admin',
  summary: 'Tell alerts to a webhook, Slack, PagerDuty, email or Alertmanager',
  body: Strict({ name: ChannelName, settings: ChannelSettings, route: Type.Optional(Route) }),
  response: WithSecret,
});

export const updateChannel = endpoint({
  method: 'PATCH',
  path: '/api/v1/channels/:channel',
  action: 'channel:admin',
  summary: 'Change a channel',
  description:
    'Secrets that are not said stay as long as the destination does: none ever follows to another place.',
  params: OfChannel,
  body: Strict({
    settings: Type.Optional(ChannelSettings),
    route: Type.Optional(Route),
    enabled: Type.Optional(Type.Boolean()),
    new_secret: Type.Optional(Type.Boolean({ description: 'Of a webhook: make a fresh one.' })),
  }),
  response: WithSecret,
});

export const removeChannel = endpoint({
  method: 'DELETE',
  path: '/api/v1/channels/:channel',
  action: 'channel:admin',
  summary: 'Remove a channel; what waits for it is not sent',
  params: OfChannel,
  response: Type.Object({}),
});

export const testChannel = endpoint({
  method: 'POST',
  path: '/api/v1/channels/:channel/test',
  action: 'channel:admin',
  summary: 'Send a message of trial now, and say what came of it',
  params: OfChannel,
  response: Type.Object({
    sent: Type.Boolean(),
    ms: Type.Number({ description: 'How long it took.' }),
    error: Type.Optional(Type.String({ description: 'Why it was not taken.' })),
  }),
});

export const listDeliveries = endpoint({
  method: 'GET',
  path: '/api/v1/deliveries',
  action: 'channel:read',
  summary: 'List what was told to channels, newest first; `state=dead` is what was given up',
  query: Strict({
    channel: Type.Optional(ChannelName),
    state: Type.Optional(DeliveryState),
    subject: Type.Optional(Type.String({ maxLength: 100, description: '`alert:<id>`' })),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 500, description: 'At most 500; 100 unless said.' }),
    ),
    page: Type.Optional(Type.String({ maxLength: 100 })),
  }),
  response: Page(Delivery),
});

export const resendDelivery = endpoint({
  method: 'POST',
  path: '/api/v1/deliveries/:delivery/resend',
  action: 'channel:write',
  summary: 'Send again what was given up',
  params: Strict({ delivery: Type.String({ pattern: '^[0-9a-f]{32}$', description: 'Id of a delivery.' }) }),
  response: Delivery,
});
