import { route, type Route } from '../http/index.ts';
import { invalid } from '../errors/index.ts';
import * as contract from './contract.ts';
import type { Events } from './events.ts';

export const eventRoutes = (events: Events): Route[] => [
  route(contract.streamEvents, async (ctx, { query, headers, signal }) =>
    events.stream(ctx, {
      after: lastEventId(headers['last-event-id']) ?? query.after,
      types: query.types?.split(',').filter(Boolean) ?? [],
      signal,
    }),
  ),
];

function lastEventId(header: string | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  if (!/^\d{1,15}$/.test(header))
    throw invalid(`Last-Event-ID is '${header.slice(0, 50)}', not the number of an event`, {
      field: 'last-event-id',
      hint: 'leave it out to start from now',
    });
  return Number(header);
}
