import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type {
  Endpoint,
  EndpointDetail,
  LiveMinute,
  PredictionSegment,
  Revision,
  Variant,
} from './contract.ts';
import type { Engine } from './engine.ts';
import { rulesNow } from './record-rules.ts';
import { recordingOf, sameTraffic } from './table.ts';
import { selectSegments } from './store-segments.ts';
import {
  requireEndpoint,
  findSuperseded,
  requireRevision,
  selectEarlier,
  selectEndpoints,
  selectHeads,
  selectLiveHere,
  selectRevisions,
  type EndpointRow,
  type NamedRevision,
} from './store.ts';

/** The stage of a revision that no job has taken up yet. */
const WAITS = 'waiting';

export const variantsOf = (row: Pick<NamedRevision, 'variants'>): Variant[] =>
  JSON.parse(row.variants) as Variant[]; // written by this room

export function toRevision(row: NamedRevision, engine: Pick<Engine, 'stages' | 'unloadable'>): Revision {
  // Live on disk, and the planes are just being told: it does not answer yet.
  const switching = row.state === 'live' && engine.stages.has(row.id);
  const state = switching ? 'preparing' : (row.state as Revision['state']);
  const fault = state === 'live' || state === 'superseded' ? engine.unloadable(row) : undefined;
  const stage = state === 'preparing' ? (engine.stages.get(row.id) ?? WAITS) : undefined;
  return {
    ref: `revision:${row.id}`,
    id: row.id,
    endpoint: row.endpoint,
    revision: row.revision,
    cause: row.cause as Revision['cause'],
    ...(row.restores === null ? {} : { restores: row.restores }),
    variants: variantsOf(row),
    sticky: row.sticky === 1,
    strict: row.strict === 1,
    state,
    ...(stage === undefined ? {} : { stage }),
    ...(row.problem === null ? {} : { problem: row.problem }),
    ...(fault ? { unloadable: { problem: fault.problem, since: fault.since, hint: whatToDo(row) } } : {}),
    ...(row.note === null ? {} : { note: row.note }),
    ...(row.asked_by === null ? {} : { asked_by: row.asked_by }),
    ...(row.warnings === null ? {} : { warnings: JSON.parse(row.warnings) as string[] }), // written by this room
    created_at: row.created_at,
    created_by: row.created_by,
    ...(row.live_at === null ? {} : { live_at: row.live_at }),
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
    ...(row.load_ms === null ? {} : { load_ms: row.load_ms }),
  };
}

const whatToDo = ({ state, endpoint }: NamedRevision): string =>
  state === 'live'
    ? `let a version that can be loaded answer: treadle deploy MODEL@VERSION --to ${endpoint}, or treadle rollback ${endpoint} --to REVISION`
    : `a rollback to it fails: name another revision (treadle rollback ${endpoint} --to REVISION), or deploy a version that can be loaded`;

function toEndpoint(
  row: EndpointRow,
  head: { live?: NamedRevision; latest?: NamedRevision } | undefined,
  engine: Engine,
): Endpoint {
  const recent = engine.live.recent(row.id);
  const batching = engine.batching(row.id);
  const rules = rulesNow(row);
  return {
    ref: `endpoint:${row.id}`,
    id: row.id,
    name: row.name,
    ...(row.description === null ? {} : { description: row.description }),
    created_at: row.created_at,
    updated_at: row.updated_at,
    created_by: row.created_by,
    revisions: row.last_revision,
    ...(head?.live ? { current: toRevision(head.live, engine) } : {}),
    ...(head?.latest ? { latest: toRevision(head.latest, engine) } : {}),
    address: engine.address(),
    ...(batching === undefined ? {} : { batching }),
    records: recordingOf(row, engine),
    keep_ms: row.keep_ms ?? engine.keepMs,
    sample: rules.sample,
    columns: rules.columns,
    ...(recent === undefined ? {} : { recent }),
  };
}

export async function listEndpoints(
  ctx: Ctx,
  query: { name?: string; model?: string; limit?: number; page?: string },
  engine: Engine,
): Promise<{ items: Endpoint[]; next?: string }> {
  const { limit = 100 } = query;
  let ids: string[] | undefined;
  if (query.model !== undefined) {
    const live = await selectLiveHere(ctx);
    ids = live
      .filter((row) => variantsOf(row).some(({ model }) => model === query.model))
      .map(({ endpoint_id }) => endpoint_id);
    if (ids.length === 0) return { items: [] };
  }
  const rows = await selectEndpoints(ctx, {
    name: query.name,
    after: query.page ?? '',
    limit: limit + 1,
    ids,
  });
  const shown = rows.slice(0, limit);
  const heads = await selectHeads(ctx, shown);
  return {
    items: shown.map((row) => toEndpoint(row, heads.get(row.id), engine)),
    ...(rows.length > limit ? { next: shown.at(-1)!.name } : {}),
  };
}

export async function getEndpoint(ctx: Ctx, name: string, engine: Engine): Promise<EndpointDetail> {
  const row = await requireEndpoint(ctx, name);
  const head = (await selectHeads(ctx, [row])).get(row.id);
  const previous = head?.live ? await previousOf(ctx, head.live) : undefined;
  const spec = engine.spec(row.id);
  return {
    endpoint: toEndpoint(row, head, engine),
    ...(previous ? { previous: toRevision(previous, engine) } : {}),
    ...(spec ? { spec } : {}),
  };
}

/** What a rollback goes back to: the newest that answered before, with other traffic than now; of a rollout, what answered before it. */
export async function previousOf(ctx: Ctx, live: NamedRevision): Promise<NamedRevision | undefined> {
  if (live.back !== null) return findSuperseded(ctx, live.endpoint_id, live.back);
  const earlier = await selectEarlier(ctx, live.endpoint_id, live.revision);
  return earlier.find((row) => !sameTraffic(row, live));
}

export async function listRevisions(
  ctx: Ctx,
  name: string,
  query: { state?: string; limit?: number; page?: string },
  engine: Engine,
): Promise<{ items: Revision[]; next?: string }> {
  const { limit = 100, page } = query;
  if (page !== undefined && !/^[1-9]\d{0,14}$/.test(page))
    throw invalid('this is not a page token', { field: 'page', hint: 'hand back `next` of the page before' });
  const endpoint = await requireEndpoint(ctx, name);
  const rows = await selectRevisions(ctx, endpoint.id, {
    states: query.state === undefined ? undefined : [query.state],
    before: page === undefined ? undefined : Number(page),
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  return {
    items: shown.map((row) => toRevision(row, engine)),
    ...(rows.length > limit ? { next: String(shown.at(-1)!.revision) } : {}),
  };
}

export async function getRevision(
  ctx: Ctx,
  name: string,
  revision: number,
  engine: Engine,
): Promise<Revision> {
  return toRevision(await requireRevision(ctx, await requireEndpoint(ctx, name), revision), engine);
}

export async function listSegments(
  ctx: Ctx,
  name: string,
  query: { from?: number; to?: number; revision?: number; limit?: number; page?: string },
): Promise<{ items: PredictionSegment[]; next?: string }> {
  const { limit = 100, page, ...window } = query;
  const endpoint = await requireEndpoint(ctx, name);
  const rows = await selectSegments(ctx, endpoint.id, { ...window, before: page, limit: limit + 1 });
  const shown = rows.slice(0, limit);
  return {
    items: shown.map(
      ({ id, revision, role, from_at, to_at, predictions, row_count, bytes, merged, file, created_at }) => ({
        id,
        revision,
        role: role as PredictionSegment['role'],
        from: from_at,
        to: to_at,
        predictions,
        rows: row_count,
        bytes,
        kind: merged === 1 ? 'hour' : 'segment',
        file,
        created_at,
      }),
    ),
    ...(rows.length > limit ? { next: shown.at(-1)!.id } : {}),
  };
}

const HOUR = 3_600_000;

export async function listMinutes(
  ctx: Ctx,
  name: string,
  query: { from?: number; to?: number },
  engine: Engine,
): Promise<{ items: LiveMinute[] }> {
  const endpoint = await requireEndpoint(ctx, name);
  // What planes did and did not say yet belongs to the minute that goes on.
  await engine.planes.gather();
  const to = query.to ?? ctx.clock.now() + 1;
  const from = query.from ?? to - HOUR;
  if (to - from > 24 * HOUR || to < from)
    throw invalid('the time from `from` to `to` must be a day at most', {
      field: 'from',
      hint: 'ask for each day by itself',
    });
  return { items: await engine.minutes.of(ctx, endpoint, { from, to }) };
}
