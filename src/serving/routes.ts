import { route, type Route } from '../platform/http/index.ts';
import * as contract from './contract.ts';
import { deleteEndpoint } from './delete-endpoint.ts';
import { deploy, waitFor } from './deploy.ts';
import type { Engine } from './engine.ts';
import { followEndpoint } from './follow-endpoint.ts';
import type { PrepareJob } from './jobs.ts';
import { rollback } from './rollback.ts';
import { setRecording } from './set-recording.ts';
import { requireEndpoint } from './store.ts';
import {
  getEndpoint,
  getRevision,
  listEndpoints,
  listMinutes,
  listRevisions,
  listSegments,
  toRevision,
} from './views.ts';

export const servingRoutes = (engine: Engine, job: PrepareJob): Route[] => [
  route(contract.listEndpoints, (ctx, { query }) => listEndpoints(ctx, query, engine)),
  route(contract.getEndpoint, (ctx, { params }) => getEndpoint(ctx, params.endpoint, engine)),
  route(contract.updateEndpoint, async (ctx, { params, body }) => {
    const notes = await setRecording(ctx, params.endpoint, body, engine);
    const detail = await getEndpoint(ctx, params.endpoint, engine);
    return notes.length === 0 ? detail : { ...detail, notes };
  }),
  route(contract.listSegments, (ctx, { params, query }) => listSegments(ctx, params.endpoint, query)),
  route(contract.deleteEndpoint, async (ctx, { params }) => {
    await deleteEndpoint(ctx, params.endpoint, engine);
    return {};
  }),
  route(contract.deploy, async (ctx, { params, body, signal }) => {
    const { wait_s = 0, ...input } = body;
    const { id } = await deploy(ctx, { ...input, endpoint: params.endpoint }, engine, job);
    return toRevision(await waitFor(ctx, id, wait_s * 1000, engine, { signal }), engine);
  }),
  route(contract.listRevisions, (ctx, { params, query }) =>
    listRevisions(ctx, params.endpoint, query, engine),
  ),
  route(contract.getRevision, (ctx, { params }) =>
    getRevision(ctx, params.endpoint, params.revision, engine),
  ),
  route(contract.rollback, async (ctx, { params, body, signal }) => {
    const { wait_s = 0, to, note } = body;
    const { id } = await rollback(ctx, params.endpoint, { to, note, cause: 'rollback' }, engine, job);
    return toRevision(await waitFor(ctx, id, wait_s * 1000, engine, { signal }), engine);
  }),
  route(contract.listMinutes, (ctx, { params, query }) => listMinutes(ctx, params.endpoint, query, engine)),
  route(contract.liveEndpoint, async (ctx, { params, signal }) =>
    followEndpoint(ctx, await requireEndpoint(ctx, params.endpoint), engine, signal),
  ),
];
