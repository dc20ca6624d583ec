import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, TreadleError } from '../platform/errors/index.ts';
import type {
  Loop,
  LoopDetail,
  LoopState,
  ShownTrigger,
  Trigger,
  Turn,
  TurnDetail,
  TurnState,
} from './contract.ts';
import type { Engine } from './engine.ts';
import { hookPath } from './hear-push.ts';
import { newData } from './new-data.ts';
import { settingsOf } from './settings.ts';
import { requireLoop, selectLoops, selectSchedules, type LoopQuery, type LoopRow } from './store.ts';
import {
  requireTurn,
  selectLatest,
  selectTransitions,
  selectTurns,
  type TurnQuery,
  type TurnRow,
} from './store-turns.ts';
import { NEVER } from './tick.ts';
import { readTriggers, showTrigger } from './triggers.ts';

/** The plain reads of the room. */

export function toTurn(row: TurnRow): Turn {
  return {
    ref: `loop_turn:${row.id}`,
    id: row.id,
    loop: row.loop_name,
    ...(row.model === null ? {} : { model: row.model }),
    state: row.state as TurnState,
    trigger: row.trigger_name,
    kind: row.kind,
    ...(row.planned_for === null ? {} : { planned_for: row.planned_for }),
    cause: row.cause,
    ...(row.cause_ref === null ? {} : { cause_ref: row.cause_ref }),
    ...(row.code === null ? {} : { code: row.code }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.not_before === null ? {} : { not_before: row.not_before }),
    dry_run: row.dry_run === 1,
    ...(row.key === null ? {} : { key: row.key }),
    ...(row.execution === null
      ? {}
      : { execution: { id: row.execution, number: row.execution_number ?? 0 } }),
    ...(row.release_id === null ? {} : { release: row.release_id }),
    ...(row.version === null ? {} : { version: row.version }),
    created_at: row.created_at,
    created_by: row.created_by,
    ...(row.started_at === null ? {} : { started_at: row.started_at }),
    updated_at: row.updated_at,
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
  };
}

async function toLoops(ctx: Ctx, rows: readonly LoopRow[]): Promise<Loop[]> {
  const ids = rows.map(({ id }) => id);
  const schedules = Map.groupBy(await selectSchedules(ctx, ids), ({ loop_id }) => loop_id);
  const latest = new Map((await selectLatest(ctx, ids)).map((turn) => [turn.loop_id, toTurn(turn)]));
  return rows.map((row): Loop => {
    const next = Math.min(...(schedules.get(row.id) ?? []).map(({ next_at }) => next_at));
    const turn = latest.get(row.id);
    return {
      ref: `loop:${row.id}`,
      id: row.id,
      name: row.name,
      ...(row.model === null ? {} : { model: row.model }),
      ...(row.endpoint === null ? {} : { endpoint: row.endpoint }),
      state: row.state as LoopState,
      ...(row.reason === null ? {} : { reason: row.reason }),
      since: row.state_at,
      by: row.state_by,
      settings: JSON.parse(row.settings) as Loop['settings'], // written by this room
      from_file: row.from_file === 1,
      hook: row.secret !== null,
      rejected: row.rejected,
      failed: row.failed,
      ...(next < NEVER ? { next_at: next } : {}),
      ...(turn ? { latest: turn } : {}),
      created_at: row.created_at,
      created_by: row.created_by,
      updated_at: row.updated_at,
    };
  });
}

export async function getLoop(ctx: Ctx, engine: Engine, name: string): Promise<LoopDetail> {
  const row = await requireLoop(ctx, name);
  const [loop] = await toLoops(ctx, [row]);
  const blocked = await blockedBy(ctx, engine, row);
  return {
    ...loop!,
    triggers: await withStanding(ctx, engine, row, showTriggers(settingsOf(row).triggers, ctx.clock.now())),
    ...(blocked === undefined ? {} : { blocked }),
    ...(row.secret === null ? {} : { hook_path: hookPath(row.id) }),
  };
}

async function withStanding(
  ctx: Ctx,
  engine: Engine,
  { pipeline, endpoint }: LoopRow,
  triggers: readonly ShownTrigger[],
): Promise<ShownTrigger[]> {
  const hears = ({ trigger: { kind } }: ShownTrigger): boolean => kind === 'performance' || kind === 'drift';
  const deaf = triggers.some(hears) ? await whyDeaf(ctx, engine, endpoint) : undefined;
  return Promise.all(
    triggers.map(async (shown) => {
      if (shown.trigger.kind === 'data')
        return { ...shown, standing: (await newData(ctx, engine, pipeline, shown.trigger)).words };
      return deaf !== undefined && hears(shown) ? { ...shown, standing: deaf } : shown;
    }),
  );
}

/** Why no alert ever turns it. */
async function whyDeaf(ctx: Ctx, engine: Engine, endpoint: string | null): Promise<string | undefined> {
  if (endpoint === null) return 'it hears no endpoint yet: say which with --endpoint, or let it turn once';
  try {
    await engine.monitoring.windows(ctx, endpoint, { limit: 1, whole: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof TreadleError) || error.kind !== 'missing') throw error;
    return `nothing turns it: ${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`;
  }
}

async function blockedBy(
  ctx: Ctx,
  engine: Engine,
  { pipeline, endpoint }: LoopRow,
): Promise<string | undefined> {
  if (!(await engine.pipelines.prepare(ctx, pipeline, {})))
    return `no run of pipeline '${pipeline}' has gone through yet: it runs again what has run once`;
  if (endpoint === null) return undefined;
  const alerts = await engine.monitoring.openAlerts(ctx, endpoint);
  const data = alerts.find(({ cause, state }) => cause === 'data' && state !== 'pending');
  return data && `nothing is trained on broken data: ${data.summary}`;
}

/** As they would turn from now on; refuses what cannot be meant. */
export const showTriggers = (triggers: readonly Trigger[], now: number): ShownTrigger[] =>
  [...readTriggers(triggers)].map(([name, trigger], i) => showTrigger(name, trigger, now, `triggers[${i}]`));

export async function listLoops(
  ctx: Ctx,
  { limit = 100, page, ...rest }: Omit<LoopQuery, 'limit' | 'after'> & { limit?: number; page?: string },
): Promise<{ items: Loop[]; next?: string }> {
  const rows = await selectLoops(ctx, { ...rest, after: page, limit: limit + 1 });
  const shown = rows.slice(0, limit);
  return {
    items: await toLoops(ctx, shown),
    ...(rows.length > limit ? { next: shown.at(-1)!.name } : {}),
  };
}

export async function listTurns(
  ctx: Ctx,
  query: Omit<TurnQuery, 'limit' | 'before'> & { limit?: number; page?: string },
): Promise<{ items: Turn[]; next?: string }> {
  const { loop, limit = 100, page, ...rest } = query;
  if (page !== undefined && !/^[0-9a-f]{32}$/.test(page))
    throw invalid('this is not a page token', { field: 'page', hint: 'hand back `next` of the page before' });
  const rows = await selectTurns(ctx, {
    ...rest,
    loop: loop === undefined ? undefined : (await requireLoop(ctx, loop)).id,
    before: page,
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  return { items: shown.map(toTurn), ...(rows.length > limit ? { next: shown.at(-1)!.id } : {}) };
}

export async function getTurn(ctx: Ctx, id: string): Promise<TurnDetail> {
  const row = await requireTurn(ctx, id);
  const transitions = await selectTransitions(ctx, id);
  return {
    ...toTurn(row),
    transitions: transitions.map(({ state, at, note }) => ({
      state: state as TurnState,
      at,
      ...(note === null ? {} : { note }),
    })),
  };
}
