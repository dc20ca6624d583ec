import { sql, type Selectable, type Updateable } from 'kysely';
import { holdRoom, takeRoom, whereSeen } from '../access/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { ServingTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<ServingTables>();
export type EndpointRow = Selectable<ServingTables['endpoint']>;
export type RevisionRow = Selectable<ServingTables['revision']>;
/** A revision with its endpoint's name, and what is kept of the predictions there: as every reader wants it. */
export type NamedRevision = RevisionRow & { endpoint: string; records: string | null; rules: string | null };

/** The key of prediction ids; `fresh` becomes it where there is none yet. */
export async function predictionKey(tx: Tx, fresh: string): Promise<string> {
  await tables(tx)
    .insertInto('serving_state')
    .values({ id: 1, last_serial: 0, prediction_key: fresh })
    .onConflict((on) => on.column('id').doNothing())
    .execute();
  const row = await tables(tx)
    .selectFrom('serving_state')
    .select('prediction_key')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
  return row.prediction_key;
}

async function nextSerial(tx: Tx): Promise<number> {
  const row = await tables(tx)
    .updateTable('serving_state')
    .set({ last_serial: sql<number>`last_serial + 1` })
    .where('id', '=', 1)
    .returning('last_serial')
    .executeTakeFirstOrThrow();
  return Number(row.last_serial);
}

const liveEndpoints = (ctx: Ctx) =>
  tables(ctx).selectFrom('endpoint').where('workspace', '=', ctx.workspace).where('deleted_at', 'is', null);

export const findEndpointNamed = (ctx: Ctx, name: string): Promise<EndpointRow | undefined> =>
  liveEndpoints(ctx).selectAll().where('name', '=', name).executeTakeFirst();

export async function requireEndpoint(ctx: Ctx, name: string): Promise<EndpointRow> {
  return (await findEndpointNamed(ctx, name)) ?? noEndpoint(name);
}

/** Also those that were taken away: their predictions keep their story. */
export function selectEndpointsById(ctx: Ctx, ids: readonly string[]): Promise<EndpointRow[]> {
  return tables(ctx)
    .selectFrom('endpoint')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', 'in', ids)
    .execute();
}

function noEndpoint(name: string): never {
  throw missing(`there is no endpoint '${name}'`, {
    field: 'endpoint',
    hint: 'list them with: treadle endpoints; treadle deploy makes one',
  });
}

/**
 * The endpoint with its next revision's number, the row held until the transaction ends, so that two who deploy to it take turns.
 * Made, or taken up again, when it is not there and `make` says so.
 */
export async function takeNumber(
  tx: Tx,
  name: string,
  make: boolean,
): Promise<{ endpoint: EndpointRow; made: boolean; serial: number }> {
  const now = tx.clock.now();
  const next = (): Promise<EndpointRow | undefined> =>
    tables(tx)
      .updateTable('endpoint')
      .set({ last_revision: sql<number>`last_revision + 1`, updated_at: now })
      .where('workspace', '=', tx.workspace)
      .where('name', '=', name)
      .where('deleted_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
  let counted = await next();
  if (!counted) {
    if (!make) noEndpoint(name);
    await holdRoom(tx, 'endpoints');
    // Somebody may have made it while this one waited.
    counted = await next();
  }
  if (counted) return { endpoint: counted, made: false, serial: await nextSerial(tx) };
  const endpoint = await tables(tx)
    .insertInto('endpoint')
    .values({
      id: newId(now),
      workspace: tx.workspace,
      name,
      description: null,
      created_at: now,
      updated_at: now,
      created_by: tx.actor.name,
      last_revision: 1,
      deleted_at: null,
      records: null,
      keep_ms: null,
      rules: null,
    })
    .onConflict((on) =>
      on.columns(['workspace', 'name']).doUpdateSet({
        last_revision: sql<number>`endpoint.last_revision + 1`,
        updated_at: now,
        deleted_at: null,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  await takeRoom(tx, 'endpoints', 1);
  return { endpoint, made: true, serial: await nextSerial(tx) };
}

export async function changeEndpoint(
  tx: Tx,
  id: string,
  change: Updateable<ServingTables['endpoint']>,
): Promise<void> {
  await tables(tx)
    .updateTable('endpoint')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export async function selectEndpoints(
  ctx: Ctx,
  query: { name?: string | undefined; after: string; limit: number; ids?: readonly string[] | undefined },
): Promise<EndpointRow[]> {
  let rows = liveEndpoints(ctx)
    .selectAll()
    .where('name', '>', query.after)
    .where((eb) => whereSeen(ctx, 'endpoint', eb.ref('name')));
  if (query.name !== undefined)
    rows = rows.where((eb) => ctx.dialect.ilike(eb.ref('name'), `%${query.name}%`));
  if (query.ids !== undefined) rows = rows.where('id', 'in', query.ids);
  return rows.orderBy('name').limit(query.limit).execute();
}

export async function countEndpoints(ctx: Ctx): Promise<number> {
  const { n } = await liveEndpoints(ctx)
    .select((eb) => eb.fn.countAll().as('n'))
    .executeTakeFirstOrThrow();
  return Number(n);
}

export async function insertRevision(tx: Tx, row: RevisionRow): Promise<void> {
  await tables(tx).insertInto('revision').values(row).execute();
}

/** Whether it was in one of the states: a change of state happens once, whoever else tries. */
export async function changeRevision(
  tx: Tx,
  id: string,
  states: readonly string[],
  change: Updateable<ServingTables['revision']>,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('revision')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .where('state', 'in', [...states])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

const revisions = (ctx: Ctx) =>
  tables(ctx)
    .selectFrom('revision')
    .innerJoin('endpoint', 'endpoint.id', 'revision.endpoint_id')
    .selectAll('revision')
    .select(['endpoint.name as endpoint', 'endpoint.records as records', 'endpoint.rules as rules'])
    .where('revision.workspace', '=', ctx.workspace)
    .where('endpoint.workspace', '=', ctx.workspace);

export function findRevisionById(ctx: Ctx, id: string): Promise<NamedRevision | undefined> {
  return revisions(ctx).where('revision.id', '=', id).executeTakeFirst();
}

export function selectRevisionsById(ctx: Ctx, ids: readonly string[]): Promise<NamedRevision[]> {
  return revisions(ctx).where('revision.id', 'in', ids).execute();
}

export function findRevisionBySerial(ctx: Ctx, serial: number): Promise<NamedRevision | undefined> {
  return revisions(ctx).where('revision.serial', '=', serial).executeTakeFirst();
}

/** Of every revision that an endpoint ever had. */
export async function selectSerials(ctx: Ctx, endpoint: string): Promise<number[]> {
  const rows = await tables(ctx)
    .selectFrom('revision')
    .select('serial')
    .where('workspace', '=', ctx.workspace)
    .where('endpoint_id', '=', endpoint)
    .orderBy('serial')
    .execute();
  return rows.map(({ serial }) => serial);
}

export async function requireRevision(
  ctx: Ctx,
  endpoint: EndpointRow,
  revision: number,
): Promise<NamedRevision> {
  const row = await revisions(ctx)
    .where('revision.endpoint_id', '=', endpoint.id)
    .where('revision.revision', '=', revision)
    .executeTakeFirst();
  if (row) return row;
  throw missing(`endpoint '${endpoint.name}' has no revision ${revision}`, {
    field: 'revision',
    hint: `list them with: treadle endpoints ${endpoint.name}`,
  });
}

export async function selectRevisions(
  ctx: Ctx,
  endpoint: string,
  query: { states?: readonly string[] | undefined; before?: number | undefined; limit: number },
): Promise<NamedRevision[]> {
  let rows = revisions(ctx).where('revision.endpoint_id', '=', endpoint);
  if (query.states !== undefined) rows = rows.where('revision.state', 'in', [...query.states]);
  if (query.before !== undefined) rows = rows.where('revision.revision', '<', query.before);
  return rows.orderBy('revision.revision', 'desc').limit(query.limit).execute();
}

/** What answers now at these endpoints, and the newest revision of each. */
export async function selectHeads(
  ctx: Ctx,
  endpoints: readonly EndpointRow[],
): Promise<Map<string, { live?: NamedRevision; latest?: NamedRevision }>> {
  const heads = new Map<string, { live?: NamedRevision; latest?: NamedRevision }>();
  if (endpoints.length === 0) return heads;
  const ids = endpoints.map(({ id }) => id);
  // Two questions, each along an index: asked as one, they read every revision that these endpoints ever had.
  const live = await revisions(ctx)
    .where('revision.endpoint_id', 'in', ids)
    .where('revision.state', '=', 'live')
    .execute();
  const latest = await revisions(ctx)
    .where('revision.endpoint_id', 'in', ids)
    .whereRef('revision.revision', '=', 'endpoint.last_revision')
    .execute();
  for (const row of live) heads.set(row.endpoint_id, { live: row });
  for (const row of latest) heads.set(row.endpoint_id, { ...heads.get(row.endpoint_id), latest: row });
  return heads;
}

/**
 * The live revisions of every workspace, with the endpoints' own workspaces: what the planes of this server answer with. The one
 * query that looks over the wall; nothing of it reaches a caller.
 */
export function selectAllLive(ctx: Pick<Ctx, 'db'>): Promise<NamedRevision[]> {
  return tables(ctx)
    .selectFrom('revision')
    .innerJoin('endpoint', 'endpoint.id', 'revision.endpoint_id')
    .selectAll('revision')
    .select(['endpoint.name as endpoint', 'endpoint.records as records', 'endpoint.rules as rules'])
    .where('revision.state', '=', 'live')
    .where('endpoint.deleted_at', 'is', null)
    .orderBy('revision.serial')
    .execute();
}

/** The revisions that answered before, newest first. */
export function selectEarlier(ctx: Ctx, endpoint: string, before: number): Promise<NamedRevision[]> {
  return revisions(ctx)
    .where('revision.endpoint_id', '=', endpoint)
    .where('revision.revision', '<', before)
    .where('revision.state', '=', 'superseded')
    .where('revision.live_at', 'is not', null)
    .orderBy('revision.revision', 'desc')
    .limit(50)
    .execute();
}

export function findSuperseded(
  ctx: Ctx,
  endpoint: string,
  revision: number,
): Promise<NamedRevision | undefined> {
  return revisions(ctx)
    .where('revision.endpoint_id', '=', endpoint)
    .where('revision.revision', '=', revision)
    .where('revision.state', '=', 'superseded')
    .executeTakeFirst();
}

/** Endpoints whose live revision sends traffic to a model. Variants are JSON, so the names are compared outside of SQL. */
export function selectLiveHere(ctx: Ctx): Promise<NamedRevision[]> {
  return revisions(ctx)
    .where('revision.state', '=', 'live')
    .where('endpoint.deleted_at', 'is', null)
    .execute();
}

/** What answers or is being made ready at this workspace's endpoints. */
export function selectInUse(ctx: Ctx): Promise<NamedRevision[]> {
  return revisions(ctx)
    .where('revision.state', 'in', ['live', 'preparing'])
    .where('endpoint.deleted_at', 'is', null)
    .orderBy('revision.serial')
    .execute();
}

export type PlacedRevision = Pick<
  RevisionRow,
  'endpoint_id' | 'revision' | 'state' | 'variants' | 'places' | 'back'
>;

/** Where models lie that answer, are being prepared, or answered before, in every workspace; newest first. */
export function selectPlacesInUse(ctx: Pick<Ctx, 'scan'>): Promise<PlacedRevision[]> {
  return ctx.scan
    .$extendTables<ServingTables>()
    .selectFrom('revision')
    .innerJoin('endpoint', 'endpoint.id', 'revision.endpoint_id')
    .select([
      'revision.endpoint_id',
      'revision.revision',
      'revision.state',
      'revision.variants',
      'revision.places',
      'revision.back',
    ])
    .where('endpoint.deleted_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb('revision.state', 'in', ['preparing', 'live']),
        eb.and([eb('revision.state', '=', 'superseded'), eb('revision.live_at', 'is not', null)]),
      ]),
    )
    .orderBy('revision.revision', 'desc')
    .execute();
}
