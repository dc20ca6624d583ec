import { CompiledQuery, sql, type Selectable } from 'kysely';
import type { Ctx, LineageEdge, Tx } from '../platform/ctx/index.ts';
import { insertMany } from '../platform/db/index.ts';
import type { LedgerTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<LedgerTables>();
const scans = (ctx: Pick<Ctx, 'scan'>) => ctx.scan.$extendTables<LedgerTables>();
export type EntryRow = Selectable<LedgerTables['ledger_entry']>;
export type HeadRow = Selectable<LedgerTables['ledger_head']>;
export type EdgeRow = Selectable<LedgerTables['lineage_edge']>;

const ENTRY_COLUMNS = [
  'seq', 'workspace', 'time', 'actor_kind', 'actor_id', 'actor_name', 'request_id', 'action',
  'resource', 'before', 'after', 'reason', 'edges', 'leaf', 'root',
] as const satisfies ReadonlyArray<keyof EntryRow>; // prettier-ignore

/** The builder's nodes cost more than the statement; every change of the house passes here. */
const run = <R>(ctx: Pick<Ctx, 'db'>, text: string, values: unknown[]) =>
  ctx.db.executeQuery<R>(CompiledQuery.raw(text, values));

export async function selectHead(ctx: Pick<Ctx, 'db'>): Promise<HeadRow | undefined> {
  return (
    await run<HeadRow>(ctx, 'select id, size, root, peaks, checkpoint from ledger_head where id = 1', [])
  ).rows[0];
}

export async function insertEntry(tx: Tx, row: EntryRow): Promise<void> {
  const marks = ENTRY_COLUMNS.map((_, i) => tx.dialect.placeholder(i + 1)).join(',');
  await run(
    tx,
    `insert into ledger_entry (${ENTRY_COLUMNS.join(',')}) values (${marks})`,
    ENTRY_COLUMNS.map((column) => row[column]),
  );
}

export async function insertEdges(tx: Tx, seq: number, edges: readonly LineageEdge[]): Promise<void> {
  await insertMany(
    tx.db,
    tx.dialect,
    'lineage_edge',
    ['seq', 'n', 'workspace', 'from_id', 'to_id', 'relation'],
    edges.map(({ from, to, relation }, n) => [seq, n, tx.workspace, from, to, relation]),
  );
}

export async function insertSubtree(tx: Tx, level: number, idx: number, hash: string): Promise<void> {
  await tables(tx).insertInto('ledger_subtree').values({ level, idx, hash }).execute();
}

export async function insertHead(tx: Tx, head: HeadRow): Promise<void> {
  await tables(tx).insertInto('ledger_head').values(head).execute();
}

/** False when the head is no longer the one that the change began with: then nothing of it may be kept. */
export async function replaceHead(tx: Tx, { size, root, peaks, checkpoint }: HeadRow): Promise<boolean> {
  const [p1, p2, p3, p4, p5] = [1, 2, 3, 4, 5].map((n) => tx.dialect.placeholder(n));
  const result = await run(tx, `update ledger_head set size = ${p1}, root = ${p2}, peaks = ${p3}, checkpoint = ${p4} where id = 1 and size = ${p5}`, [
    size, root, peaks, checkpoint, size - 1,
  ]); // prettier-ignore
  return result.numAffectedRows === 1n;
}

export async function anyEntry(ctx: Pick<Ctx, 'db'>): Promise<boolean> {
  return (
    (await tables(ctx).selectFrom('ledger_entry').select('seq').limit(1).executeTakeFirst()) !== undefined
  );
}

export interface EntryFilter {
  action?: string;
  resource?: string;
  actor?: string;
  since?: number;
  until?: number;
  /** Only entries before this one. */
  before?: number;
  limit: number;
}

/** What is rare may lie far back: a long read. An actor is asked for by name or by id, each along an index of its own. */
export async function selectEntries(ctx: Ctx, filter: EntryFilter): Promise<EntryRow[]> {
  const { actor, limit } = filter;
  if (actor === undefined) return entries(ctx, filter).execute();
  const found = await Promise.all(
    (['actor_id', 'actor_name'] as const).map((column) =>
      entries(ctx, filter).where(column, '=', actor).execute(),
    ),
  );
  const bySeq = new Map(found.flat().map((row) => [row.seq, row]));
  return [...bySeq.values()].toSorted((a, b) => b.seq - a.seq).slice(0, limit);
}

const entries = (ctx: Ctx, { action, resource, since, until, before, limit }: EntryFilter) =>
  scans(ctx)
    .selectFrom('ledger_entry')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .$if(action !== undefined, (query) => query.where('action', '=', action!))
    .$if(resource !== undefined, (query) => query.where('resource', '=', resource!))
    .$if(since !== undefined, (query) => query.where('time', '>=', since!))
    .$if(until !== undefined, (query) => query.where('time', '<', until!))
    .$if(before !== undefined, (query) => query.where('seq', '<', before!))
    .orderBy('seq', 'desc')
    .limit(limit);

export const selectEntry = (ctx: Ctx, seq: number): Promise<EntryRow | undefined> =>
  tables(ctx)
    .selectFrom('ledger_entry')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('seq', '=', seq)
    .executeTakeFirst();

/** Leaf hashes, or roots of complete subtrees, in [from, to): of all workspaces, for the tree is one and hashes tell nothing. */
export async function selectNodes(
  ctx: Ctx,
  level: number,
  from: number,
  to: number,
): Promise<Array<{ idx: number; hash: string }>> {
  if (level === 0) {
    const rows = await tables(ctx)
      .selectFrom('ledger_entry')
      .select(['seq as idx', 'leaf as hash'])
      .where('seq', '>=', from)
      .where('seq', '<', to)
      .execute();
    return rows;
  }
  return tables(ctx)
    .selectFrom('ledger_subtree')
    .select(['idx', 'hash'])
    .where('level', '=', level)
    .where('idx', '>=', from)
    .where('idx', '<', to)
    .execute();
}

/** For the verifier, which reads the whole ledger of all workspaces and shows none of it. */
export const scanEntries = (ctx: Ctx, from: number, to: number): Promise<EntryRow[]> =>
  scans(ctx)
    .selectFrom('ledger_entry')
    .selectAll()
    .where('seq', '>=', from)
    .where('seq', '<', to)
    .orderBy('seq')
    .execute();

export const scanEdges = (ctx: Ctx, from: number, to: number): Promise<EdgeRow[]> =>
  scans(ctx)
    .selectFrom('lineage_edge')
    .selectAll()
    .where('seq', '>=', from)
    .where('seq', '<', to)
    .orderBy('seq')
    .orderBy('n')
    .execute();

export const scanSubtrees = (
  ctx: Ctx,
  level: number,
  from: number,
  to: number,
): Promise<Array<{ idx: number; hash: string }>> =>
  scans(ctx)
    .selectFrom('ledger_subtree')
    .select(['idx', 'hash'])
    .where('level', '=', level)
    .where('idx', '>=', from)
    .where('idx', '<', to)
    .orderBy('idx')
    .execute();

/** What must add up, read in one statement and so at one moment. `edgesBelow`: those of entries before `verified`. */
export async function scanTotals(
  ctx: Ctx,
  verified: number,
): Promise<{
  heads: number;
  size: number | null;
  entries: number;
  edgesBelow: number;
  edgesStray: number;
  subtrees: number;
}> {
  const { rows } = await sql<Awaited<ReturnType<typeof scanTotals>>>`
    select (select count(*) from ledger_head) as "heads",
      (select size from ledger_head where id = 1) as "size",
      (select count(*) from ledger_entry) as "entries",
      (select count(*) from lineage_edge where seq < ${verified}) as "edgesBelow",
      (select count(*) from lineage_edge) -
        (select count(*) from lineage_edge where seq >= 0 and seq < (select size from ledger_head where id = 1)) as "edgesStray",
      (select count(*) from ledger_subtree) as "subtrees"`.execute(ctx.scan);
  return rows[0]!;
}

/** Edges that touch any of these nodes on the side asked for. `produced` is the one relation whose arrow points downstream. */
export async function selectEdges(
  ctx: Ctx,
  nodes: readonly string[],
  direction: 'up' | 'down',
  limit: number,
): Promise<EdgeRow[]> {
  const [plain, produced] =
    direction === 'up' ? (['from_id', 'to_id'] as const) : (['to_id', 'from_id'] as const);
  const half = (column: 'from_id' | 'to_id', operator: '=' | '<>') =>
    tables(ctx)
      .selectFrom('lineage_edge')
      .selectAll()
      .where('workspace', '=', ctx.workspace)
      .where(column, 'in', nodes)
      .where('relation', operator, 'produced')
      .orderBy('seq')
      .limit(limit)
      .execute();
  return (await Promise.all([half(plain, '<>'), half(produced, '=')])).flat();
}
