import { route, type Route } from '../platform/http/index.ts';
import { collectEvents, type Rooms } from './collect.ts';
import * as contract from './contract.ts';
import { listPins, pinBlobs, unpin, unpinBlob } from './pins.ts';
import { verifyEvents } from './verify.ts';
import { spaceReport } from './walking.ts';

const DAY = 24 * 60 * 60 * 1000;

export const maintenanceRoutes = (rooms: Rooms): Route[] => [
  route(contract.verifyStore, async (ctx, { signal }) => verifyEvents(ctx, rooms.users, signal)),
  route(contract.storeSpace, async (ctx) => spaceReport(ctx, rooms.users)),
  route(contract.collectStore, async (ctx, { body, signal }) =>
    collectEvents(ctx, rooms, {
      grace: body.grace_ms ?? DAY,
      dryRun: body.dry_run ?? false,
      compact: body.compact ?? false,
      signal,
    }),
  ),
  route(contract.listPins, (ctx, { query }) => listPins(ctx, query)),
  route(contract.pinBlobs, (ctx, { body }) => pinBlobs(ctx, body)),
  route(contract.unpin, (ctx, { query }) => unpin(ctx, query.of)),
  route(contract.unpinBlob, (ctx, { params }) => unpinBlob(ctx, params.hash)),
];
