import { sql } from 'kysely';
import type { Tx } from '../platform/ctx/index.ts';
import { entryLeaf } from './entry.ts';
import { appendLeaf, NO_PEAKS, rootOf } from './merkle.ts';
import { packPeaks } from './peaks.ts';
import type { LedgerTables } from './schema.ts';
import type { EntryRow } from './store.ts';
import type { Fault } from './verify.ts';

/** What the verifier should say of a tampering: at least the kind, and the place where only one is right. */
export interface Expected {
  what?: Fault['what'];
  seq?: number;
}

/** A seeded source of numbers below n, so that a failure can be played again. */
export type Pick = (n: number) => number;

export function picker(seed: number): Pick {
  let state = seed >>> 0;
  return (n) => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const tables = (tx: Tx) => tx.db.$extendTables<LedgerTables>();
const TEXTS = [
  'workspace',
  'actor_kind',
  'actor_id',
  'actor_name',
  'request_id',
  'action',
  'resource',
  'before',
  'after',
  'reason',
  'edges',
  'leaf',
  'root',
] as const;
const EDGE_TEXTS = ['workspace', 'from_id', 'to_id', 'relation'] as const;

/** Each changes the ledger's tables in one way that must be found. Returns undefined when the row picked cannot be changed so. */
export const TAMPERINGS: Record<string, (tx: Tx, size: number, pick: Pick) => Promise<Expected | undefined>> =
  {
    async 'one byte of a text of an entry'(tx, size, pick) {
      const seq = pick(size);
      const column = TEXTS[pick(TEXTS.length)]!;
      const row = await tables(tx)
        .selectFrom('ledger_entry')
        .select(column)
        .where('seq', '=', seq)
        .executeTakeFirstOrThrow();
      const text: string | null = (row as Record<string, string | null>)[column] ?? null;
      if (text === null || text === '') return undefined;
      await tables(tx)
        .updateTable('ledger_entry')
        .set({ [column]: bend(text, pick) })
        .where('seq', '=', seq)
        .execute();
      return { what: 'entry', seq };
    },
    async 'a text of an entry made empty, absent or present'(tx, size, pick) {
      const seq = pick(size);
      const column = (['before', 'after', 'reason', 'edges'] as const)[pick(4)]!;
      const row = await tables(tx)
        .selectFrom('ledger_entry')
        .select(column)
        .where('seq', '=', seq)
        .executeTakeFirstOrThrow();
      const text: string | null = (row as Record<string, string | null>)[column] ?? null;
      await tables(tx)
        .updateTable('ledger_entry')
        .set({ [column]: text === null ? ['', 'null', '{}', '[]'][pick(4)] : null })
        .where('seq', '=', seq)
        .execute();
      return { what: 'entry', seq };
    },
    async 'the time of an entry'(tx, size, pick) {
      const seq = pick(size);
      await tables(tx)
        .updateTable('ledger_entry')
        .set((eb) => ({ time: eb('time', '+', 1 + pick(1_000)) }))
        .where('seq', '=', seq)
        .execute();
      return { what: 'entry', seq };
    },
    async 'an entry removed'(tx, size, pick) {
      const seq = pick(size);
      await tables(tx).deleteFrom('ledger_entry').where('seq', '=', seq).execute();
      return { what: 'entry', seq };
    },
    async 'an entry removed, and those after it moved up'(tx, size, pick) {
      const seq = pick(size - 1);
      await tables(tx).deleteFrom('ledger_entry').where('seq', '=', seq).execute();
      for (let next = seq + 1; next < size; next++)
        await tables(tx)
          .updateTable('ledger_entry')
          .set({ seq: next - 1 })
          .where('seq', '=', next)
          .execute();
      return { what: 'entry', seq };
    },
    async 'the last entries removed'(tx, size, pick) {
      const from = size - 1 - pick(size - 1);
      await tables(tx).deleteFrom('ledger_entry').where('seq', '>=', from).execute();
      await tables(tx).deleteFrom('lineage_edge').where('seq', '>=', from).execute();
      return { what: 'entry', seq: from };
    },
    async 'two entries in each other’s place'(tx, size, pick) {
      const [a, b] = twoOf(size, pick);
      await tables(tx).updateTable('ledger_entry').set({ seq: -1 }).where('seq', '=', a).execute();
      await tables(tx).updateTable('ledger_entry').set({ seq: a }).where('seq', '=', b).execute();
      await tables(tx).updateTable('ledger_entry').set({ seq: b }).where('seq', '=', -1).execute();
      return { what: 'entry', seq: Math.min(a, b) };
    },
    async 'an entry added past the end, before the start or far away'(tx, size, pick) {
      const row = await tables(tx)
        .selectFrom('ledger_entry')
        .selectAll()
        .where('seq', '=', pick(size))
        .executeTakeFirstOrThrow();
      await tables(tx)
        .insertInto('ledger_entry')
        .values({ ...row, seq: [size, -1, size + 1 + pick(1e6)][pick(3)]! })
        .execute();
      return { what: 'table' };
    },
    async 'an entry changed together with its leaf hash'(tx, size, pick) {
      const seq = pick(size);
      const row = await tables(tx)
        .selectFrom('ledger_entry')
        .selectAll()
        .where('seq', '=', seq)
        .executeTakeFirstOrThrow();
      const forged: EntryRow = { ...row, actor_name: `${row.actor_name}!` };
      await tables(tx)
        .updateTable('ledger_entry')
        .set({ actor_name: forged.actor_name, leaf: entryLeaf(forged).toString('hex') })
        .where('seq', '=', seq)
        .execute();
      return { what: 'entry', seq };
    },
    async 'an entry changed with its leaf, every root after it and the head, all but the signature'(
      tx,
      size,
      pick,
    ) {
      const seq = pick(size);
      await rewrite(tx, size, (row) => (row.seq === seq ? { ...row, reason: 'another reason' } : row));
      // Everything is consistent; only the signature tells. Stored subtrees are not rewritten here, so they may tell first.
      return size >= 256 && seq < 256 * Math.floor(size / 256) ? { what: 'subtree' } : { what: 'head' };
    },
    async 'the last entries removed and the head made to fit'(tx, size, pick) {
      const to = 1 + pick(size - 1);
      await tables(tx).deleteFrom('ledger_entry').where('seq', '>=', to).execute();
      await tables(tx).deleteFrom('lineage_edge').where('seq', '>=', to).execute();
      for (const level of [8])
        await tables(tx)
          .deleteFrom('ledger_subtree')
          .where('level', '=', level)
          .where('idx', '>=', Math.floor(to / 256))
          .execute();
      await rewrite(tx, to, (row) => row);
      return { what: 'head' };
    },
    async 'one byte of an edge'(tx, _size, pick) {
      const edge = await anEdge(tx, pick);
      const column = EDGE_TEXTS[pick(EDGE_TEXTS.length)]!;
      await tables(tx)
        .updateTable('lineage_edge')
        .set({ [column]: bend(edge[column], pick) })
        .where('seq', '=', edge.seq)
        .where('n', '=', edge.n)
        .execute();
      return { what: 'edge', seq: edge.seq };
    },
    async 'an edge removed'(tx, _size, pick) {
      const { seq, n } = await anEdge(tx, pick);
      await tables(tx).deleteFrom('lineage_edge').where('seq', '=', seq).where('n', '=', n).execute();
      return { what: 'edge', seq };
    },
    async 'an edge added'(tx, size, pick) {
      const edge = await anEdge(tx, pick);
      const seq = [pick(size), size + pick(5), -1 - pick(5)][pick(3)]!;
      await tables(tx)
        .insertInto('lineage_edge')
        .values({ ...edge, seq, n: 50 + pick(50) })
        .execute();
      return seq >= 0 && seq < size ? { what: 'edge', seq } : { what: 'table' };
    },
    async 'an edge moved to another entry or place'(tx, size, pick) {
      const { seq, n } = await anEdge(tx, pick);
      await tables(tx)
        .updateTable('lineage_edge')
        .set(pick(2) === 0 ? { n: n + 10 } : { seq: size + 10 })
        .where('seq', '=', seq)
        .where('n', '=', n)
        .execute();
      return { what: 'edge', seq };
    },
    async 'two edges of an entry in each other’s place'(tx, _size, pick) {
      const { seq } = await anEdge(tx, pick);
      await sql`update lineage_edge set n = -1 - n where seq = ${seq}`.execute(tx.db);
      await sql`update lineage_edge set n = 2 + n where seq = ${seq}`.execute(tx.db);
      return { what: 'edge', seq };
    },
    async 'the head'(tx, _size, pick) {
      const head = await tables(tx).selectFrom('ledger_head').selectAll().executeTakeFirstOrThrow();
      const column = (['root', 'peaks', 'checkpoint'] as const)[pick(3)]!;
      await tables(tx)
        .updateTable('ledger_head')
        .set({ [column]: bend(head[column], pick) })
        .execute();
      return { what: 'head' };
    },
    async 'the size in the head'(tx, size, pick) {
      await tables(tx)
        .updateTable('ledger_head')
        .set({ size: [size - 1, size + 1, 0, size + 1_000][pick(4)]! })
        .execute();
      return {};
    },
    async 'the head removed, moved or doubled'(tx, _size, pick) {
      const head = await tables(tx).selectFrom('ledger_head').selectAll().executeTakeFirstOrThrow();
      const way = pick(3);
      if (way === 0) await tables(tx).deleteFrom('ledger_head').execute();
      else if (way === 1) await tables(tx).updateTable('ledger_head').set({ id: 2 }).execute();
      else
        await tables(tx)
          .insertInto('ledger_head')
          .values({ ...head, id: 2 })
          .execute();
      return { what: 'table' };
    },
    async 'a stored subtree'(tx, _size, pick) {
      const all = await tables(tx).selectFrom('ledger_subtree').selectAll().execute();
      const one = all[pick(Math.max(1, all.length))];
      if (!one) return undefined;
      const at = tables(tx)
        .updateTable('ledger_subtree')
        .where('level', '=', one.level)
        .where('idx', '=', one.idx);
      const way = pick(4);
      if (way === 0) await at.set({ hash: bend(one.hash, pick) }).execute();
      else if (way === 1) await at.set({ idx: one.idx + 100 }).execute();
      else if (way === 2) await at.set({ level: 16 }).execute();
      else
        await tables(tx)
          .insertInto('ledger_subtree')
          .values({ ...one, idx: one.idx + 100 })
          .execute();
      return way === 3 ? { what: 'table' } : { what: 'subtree' };
    },
  };

/** Recomputes leaves, roots and the head's numbers, as somebody with the database but without the key could. */
async function rewrite(tx: Tx, size: number, change: (row: EntryRow) => EntryRow): Promise<void> {
  let peaks = NO_PEAKS;
  const rows = await tables(tx)
    .selectFrom('ledger_entry')
    .selectAll()
    .where('seq', '<', size)
    .orderBy('seq')
    .execute();
  for (const old of rows) {
    const row = change(old);
    const leaf = entryLeaf(row);
    ({ peaks } = appendLeaf(peaks, leaf));
    const forged = {
      reason: row.reason,
      leaf: leaf.toString('hex'),
      root: Buffer.from(rootOf(peaks)).toString('hex'),
    };
    if (forged.leaf !== old.leaf || forged.root !== old.root)
      await tables(tx).updateTable('ledger_entry').set(forged).where('seq', '=', row.seq).execute();
  }
  await tables(tx)
    .updateTable('ledger_head')
    .set({ size, root: Buffer.from(rootOf(peaks)).toString('hex'), peaks: packPeaks(peaks) })
    .execute();
}

async function anEdge(tx: Tx, pick: Pick) {
  const edges = await tables(tx).selectFrom('lineage_edge').selectAll().execute();
  return edges[pick(edges.length)]!;
}

function twoOf(size: number, pick: Pick): [number, number] {
  const a = pick(size);
  return [a, (a + 1 + pick(size - 1)) % size];
}

/** The text with one unit changed, dropped, doubled or put in; never the same text. */
function bend(text: string, pick: Pick): string {
  const units = Array.from(text);
  const i = pick(units.length);
  const other = String.fromCharCode(33 + pick(90));
  const way = pick(4);
  if (way === 0) units[i] = units[i] === other ? '~' : other;
  else if (way === 1) units.splice(i, 1);
  else if (way === 2) units.splice(i, 0, other);
  else units[i] = flipCase(units[i]!);
  return units.join('');
}

function flipCase(unit: string): string {
  const flipped = unit === unit.toUpperCase() ? unit.toLowerCase() : unit.toUpperCase();
  return flipped === unit ? `${unit} ` : flipped;
}
