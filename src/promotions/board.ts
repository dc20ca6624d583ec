import { seeingAll, sees } from '../access/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { answeredAt } from '../serving/index.ts';
import type { Board, BoardCell, Environment } from './contract.ts';
import type { Engine } from './engine.ts';
import { environments } from './environments.ts';
import { verdictOn } from './guard.ts';
import { after, endpointOf, environmentOf } from './names.ts';

/** What answers in each environment that the caller sees, and where it may go from there. */
export async function getBoard(caller: Ctx, engine: Engine): Promise<Board> {
  const ctx = seeingAll(caller);
  const all = await environments(ctx);
  const seen = new Set(all.flatMap(({ name }) => (sees(caller, { kind: 'environment', name }) ? name : [])));
  if (all.length === 0) return { environments: [], cells: [], on_the_way: [] };
  const endpoints = await engine.serving.list(ctx);
  const cells: BoardCell[] = [];
  for (const { name: endpoint, current } of endpoints) {
    const environment = environmentOf(all, endpoint);
    const primary = current?.variants.find(({ role }) => role === 'champion');
    if (!environment || !seen.has(environment.name) || !current || !primary) continue;
    const { model, version, version_ref: ref } = primary;
    const answered = (await answeredAt(ctx, endpoint, [ref])).get(ref);
    const next = await nextOf(ctx, engine, all, environment, { model, ref });
    cells.push({
      environment: environment.name,
      model,
      endpoint,
      version,
      version_ref: ref,
      revision: current.revision,
      since: current.live_at ?? current.created_at,
      held_ms: answered?.total ?? 0,
      beside: current.variants
        .filter(({ role }) => role !== 'champion')
        .map((one) => ({ role: one.role, model: one.model, version: one.version, percent: one.percent })),
      ...(next && seen.has(next.environment) ? { next } : {}),
    });
  }
  const releases = await engine.releases.underWay(ctx);
  return {
    environments: all.filter(({ name }) => seen.has(name)),
    cells: cells.toSorted((a, b) => a.model.localeCompare(b.model) || a.endpoint.localeCompare(b.endpoint)),
    on_the_way: releases.flatMap(
      ({ id, model, version, state, endpoint, updated_at, reason, deployment }) => {
        const environment = endpoint === undefined ? undefined : environmentOf(all, endpoint);
        if (!environment || !seen.has(environment.name) || endpoint === undefined) return [];
        const says = reason ?? deployment?.stage;
        return [
          {
            environment: environment.name,
            release: id,
            model,
            version,
            state,
            endpoint,
            since: updated_at,
            ...(says === undefined ? {} : { says }),
          },
        ];
      },
    ),
  };
}

async function nextOf(
  ctx: Ctx,
  engine: Engine,
  all: readonly Environment[],
  environment: Environment,
  { model, ref }: { model: string; ref: string },
): Promise<BoardCell['next']> {
  const next = after(all, environment);
  if (!next) return undefined;
  const endpoint = endpointOf(next, model);
  const current = (await engine.serving.find(ctx, endpoint))?.current;
  const there = current?.variants.some((one) => one.role === 'champion' && one.version_ref === ref) === true;
  const verdict = await verdictOn(ctx, all, next, { endpoint, model, ref });
  return {
    environment: next.name,
    endpoint,
    there,
    ok: verdict.ok && !there,
    ...(verdict.ok ? {} : { why: verdict.why, ...(verdict.at === undefined ? {} : { at: verdict.at }) }),
  };
}
