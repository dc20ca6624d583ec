import { route, type Route } from '../http/index.ts';
import { invalid } from '../errors/index.ts';
import type { Ctx } from '../ctx/index.ts';
import * as contract from './contract.ts';
import type { Events } from './events.ts';
import type { StreamOptions } from './stream.ts';

/** `hearing`: what of it the caller hears, where that is not all. */
export const eventRoutes = (events: Events, hearing: (ctx: Ctx) => StreamOptions['heard']): Route[] => [
  route(contract.streamEvents, async (ctx, { query, headers, signal }) =>
    events.stream(ctx, {
      after: lastEventId(headers['last-event-id']) ?? query.after,
      types: query.types?.split(',').filter(Boolean) ?? [],
      heard: hearing(ctx),
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
