import { route, type Route } from '../platform/http/index.ts';
import { pauseLoop, resumeLoop, runLoop } from './by-hand.ts';
import * as contract from './contract.ts';
import type { Engine } from './engine.ts';
import { hearPush, makeSecret } from './hear-push.ts';
import { replayLoop } from './replay-loop.ts';
import { deleteLoop, setLoop } from './set-loop.ts';
import { getLoop, getTurn, listLoops, listTurns, showTriggers } from './views.ts';

export const loopRoutes = (engine: Engine): Route[] => [
  route(contract.listLoops, (ctx, { query }) => listLoops(ctx, query)),
  route(contract.getLoop, (ctx, { params }) => getLoop(ctx, engine, params.loop)),
  route(contract.setLoop, async (ctx, { params, body }) => {
    await setLoop(ctx, engine, params.loop, body);
    return getLoop(ctx, engine, params.loop);
  }),
  route(contract.deleteLoop, async (ctx, { params }) => {
    await deleteLoop(ctx, params.loop);
    return {};
  }),
  route(contract.previewTriggers, async (ctx, { body }) => ({
    triggers: showTriggers(body.triggers, ctx.clock.now()),
  })),
  route(contract.runLoop, async (ctx, { params, body }) =>
    getTurn(ctx, await runLoop(ctx, engine, params.loop, body)),
  ),
  route(contract.pauseLoop, async (ctx, { params, body }) => {
    await pauseLoop(ctx, params.loop, body.reason);
    return getLoop(ctx, engine, params.loop);
  }),
  route(contract.resumeLoop, async (ctx, { params, body }) => {
    await resumeLoop(ctx, engine, params.loop, body.reason);
    return getLoop(ctx, engine, params.loop);
  }),
  route(contract.makeLoopSecret, (ctx, { params }) => makeSecret(ctx, params.loop)),
  route(contract.hearPush, (ctx, { params, headers, body }) =>
    hearPush(ctx, engine, { id: params.id, headers, body }),
  ),
  route(contract.replayLoop, (ctx, { params, query }) => replayLoop(ctx, engine, params.loop, query)),
  route(contract.listTurns, (ctx, { query }) => listTurns(ctx, query)),
  route(contract.getTurn, (ctx, { params }) => getTurn(ctx, params.turn)),
];
