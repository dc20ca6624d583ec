import type { Ctx } from '../platform/ctx/index.ts';
import type { Asked } from './asked.ts';
import { beginDeploying } from './deploy.ts';
import type { Engine } from './engine.ts';
import { nameOf } from './judge.ts';
import { move } from './move.ts';
import { promote } from './promote.ts';
import type { ReleaseRow } from './store.ts';

/** How often a release that waits looks by itself, ms: people's approvals expire, and what was asked for may change. */
const LOOK = 15_000;

/** What it waits for, and the state from which it goes on then. */
interface Awaited {
  request: string;
  from: string;
}

/** A step that nobody has approved: it is asked for, in the transaction that says that the release waits. */
export async function beginAwaiting(ctx: Ctx, engine: Engine, row: ReleaseRow): Promise<void> {
  const from = row.awaits === null ? row.state : awaitedOf(row).from;
  const alias = from === 'judged';
  await ctx.write(async (tx) => {
    const request = await engine.approvals.ask(tx, {
      model: row.model,
      version: String(row.version),
      target: alias ? { alias: 'champion' } : { endpoint: row.endpoint! },
      why:
        row.pipeline === null
          ? `release ${row.id} asks for it`
          : `execution ${row.number} of ${row.pipeline} made it`,
      asked_by: `release:${row.id}`,
      user: row.created_user ?? undefined,
    });
    const awaits: Awaited = { request, from };
    await move(tx, engine, row, 'awaiting_approval', {
      awaits: JSON.stringify(awaits),
      note: `${alias ? 'the alias champion' : `endpoint ${row.endpoint}`} is guarded: request ${request} waits for approval`,
    });
  });
}

/** Goes on once it is approved, or not guarded any more; ends when it is refused. */
export async function awaiting(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  asked: Asked,
  signal: AbortSignal,
): Promise<void> {
  const { request, from } = awaitedOf(row);
  const { state, says } = await engine.approvals.standing(ctx, request);
  if (state === 'open') return engine.pause(row.id, LOOK, signal);
  if (state === 'rejected' || state === 'withdrawn') {
    const why = `${nameOf(row)} was not approved (request ${request}): ${says}`;
    return ctx.write((tx) => move(tx, engine, row, 'rejected', {}, why));
  }
  // What is void is asked for anew by the guard's own refusal, if it needs to be.
  return from === 'judged'
    ? promote(ctx, engine, row, asked)
    : beginDeploying(ctx, engine, row, asked, signal);
}

/** A step that time alone permits: it says so once, and tries again and again. A cancel ends the pause. */
export async function awaitTime(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  why: string,
  signal: AbortSignal,
): Promise<void> {
  if (row.state !== 'awaiting_time')
    return ctx.write((tx) => move(tx, engine, row, 'awaiting_time', { note: why }));
  const cancel = engine.cancels.get(row.id)?.signal;
  await engine.pause(row.id, LOOK, cancel ? AbortSignal.any([signal, cancel]) : signal);
}

/** The request that a release waits for now. */
export const requestOf = (row: ReleaseRow): string | undefined =>
  row.state === 'awaiting_approval' && row.awaits !== null ? awaitedOf(row).request : undefined;

const awaitedOf = (row: ReleaseRow): Awaited => JSON.parse(row.awaits!) as Awaited; // written by this room
