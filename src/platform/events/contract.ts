import { Type, type Static } from 'typebox';
import { endpoint, listed, Millis } from '../http/contract.ts';

export const Event = Type.Object(
  {
    seq: Type.Integer({
      description: 'Grows with every event of the installation; send it back as Last-Event-ID to resume.',
    }),
    workspace: Type.String(),
    type: Type.String({ description: 'A past-tense fact: `dataset_version.committed`.' }),
    subject: Type.String({ description: 'What it is about: `noun:id`.' }),
    actor: Type.String({ description: 'The name of who did it.' }),
    time: Millis('When it happened.'),
    data: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  { description: 'A committed fact.' },
);
export type Event = Static<typeof Event>;

export const streamEvents = endpoint({
  method: 'GET',
  path: '/api/v1/events',
  action: 'event:read',
  about: [listed('event')],
  summary: 'Follow what happens in the workspace',
  description:
    'Server-sent events, of what the caller may see. A message without a name carries an Event. `ready` comes first and names the place in the stream; ' +
    '`reset` means that events were missed: read anew what is shown. `ping` every 25 s keeps proxies from closing the connection. ' +
    'Resume with the header Last-Event-ID (a browser sends it by itself) or with `after`.',
  query: Type.Object(
    {
      after: Type.Optional(Type.Integer({ minimum: 0, description: 'Only events with a greater number.' })),
      types: Type.Optional(
        Type.String({ maxLength: 2000, description: 'Only these types, separated by commas.' }),
      ),
    },
    { additionalProperties: false },
  ),
  response: 'events',
});
