import { createTurns } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { messageOf } from '../platform/errors/index.ts';
import { canonical } from './canonical.ts';
import { TILE } from './append.ts';
import { entryLeaf } from './entry.ts';
import type { LedgerKey } from './key.ts';
import { appendLeaf, EMPTY_ROOT, NO_PEAKS, rootOf, type Peaks } from './merkle.ts';
import { packPeaks } from './peaks.ts';
import {
  scanEdges,
  scanEntries,
  scanSubtrees,
  scanTotals,
  selectHead,
  type EdgeRow,
  type EntryRow,
} from './store.ts';

export interface Fault {
  /** What was found wrong first. */
  what: 'entry' | 'edge' | 'subtree' | 'head' | 'table';
  /** The entry, or the entry of the edge. */
  seq?: number;
  /** The edge's place in its entry. */
  n?: number;
  reason: string;
}

export interface Verification {
  ok: boolean;
  /** Entries and edges that were read and found right. */
  entries: number;
  edges: number;
  root: string;
  checkpoint: string;
  fault?: Fault;
}

/** Entries that are read at once, elsewhere. What hashing them takes the loop depends on how many edges they have: it is done with turns. */
const PAGE = 256;

/**
 * Recomputes the whole tree from the tables and compares all that is stored on the way: content with leaf, leaf with root,
 * edges with their entry, stored subtrees, the head, its signature, and that no row is left over. Names the first fault.
 */
export async function verifyLedger(ctx: Ctx, key: LedgerKey): Promise<Verification> {
  try {
    return await recompute(ctx, key);
  } catch (error) {
    // A byte changed in the file itself may leave SQLite unable to read on; anything else is no verdict.
    const message = messageOf(error);
    if (!/malformed|not a database|corrupt/i.test(message)) throw error;
    return {
      ok: false,
      entries: 0,
      edges: 0,
      root: hex(EMPTY_ROOT),
      checkpoint: '',
      fault: { what: 'table', reason: `the database cannot be read: ${message}` },
    };
  }
}

async function recompute(ctx: Ctx, key: LedgerKey): Promise<Verification> {
  const head = await selectHead(ctx);
  let peaks: Peaks = NO_PEAKS;
  let edges = 0;
  const subtrees = new Map<number, string[]>();
  const result = (fault?: Fault): Verification => ({
    ok: fault === undefined,
    entries: peaks.size,
    edges,
    root: hex(rootOf(peaks)),
    checkpoint: head?.checkpoint ?? '',
    ...(fault ? { fault } : {}),
  });

  const size = head?.size ?? 0;
  if (!isCount(size)) return result({ what: 'head', reason: `the head's size is ${String(size)}` });
  const turns = createTurns();
  for (let from = 0; from < size; from += PAGE) {
    const to = Math.min(from + PAGE, size);
    const rows = await scanEntries(ctx, from, to);
    const drawn = groupEdges(await scanEdges(ctx, from, to));
    for (let seq = from; seq < to; seq++) {
      const due = turns();
      if (due) await due;
      const row = rows[seq - from];
      const fault =
        row?.seq === seq ? checkEntry(row) : { what: 'entry' as const, seq, reason: rowFault(row, seq) };
      if (fault || !row) return result(fault);
      const { peaks: next, completed } = appendLeaf(peaks, Buffer.from(row.leaf, 'hex'));
      if (hex(rootOf(next)) !== row.root) {
        return result({
          what: 'entry',
          seq,
          reason:
            'the tree up to it has another root than the one stored with it: its root, or an entry together with its hash, was changed',
        });
      }
      const mine = drawn.get(seq) ?? [];
      const wrong = checkEdges(row, mine);
      if (wrong) return result(wrong);
      drawn.delete(seq);
      peaks = next;
      edges += mine.length;
      for (const { level, hash } of completed) {
        if (level === 0 || level % TILE !== 0) continue;
        const kept = subtrees.get(level) ?? [];
        kept.push(hex(hash));
        subtrees.set(level, kept);
      }
    }
    const extra = rows[to - from];
    if (extra)
      return result({
        what: 'entry',
        seq: Number(extra.seq),
        reason: 'an entry that was never appended stands between others',
      });
    const [stray] = [...drawn.values()].flat();
    if (stray)
      return result({
        what: 'edge',
        seq: Number(stray.seq),
        n: Number(stray.n),
        reason: 'an edge of no entry was added',
      });
  }
  return result(
    (await checkSubtrees(ctx, subtrees)) ??
      checkHead(head, peaks, key) ??
      (await checkTotals(ctx, size, edges)) ??
      (await checkIndexes(ctx)),
  );
}

function rowFault(row: EntryRow | undefined, seq: number): string {
  if (!row) return 'it is missing, though the head counts it';
  return typeof row.seq === 'number' && row.seq > seq
    ? `it is missing: entry ${row.seq} follows where it should stand`
    : 'an entry that was never appended stands in its place';
}

function checkEntry(row: EntryRow): Fault | undefined {
  const fault = (reason: string): Fault => ({ what: 'entry', seq: row.seq, reason });
  const texts = [
    row.workspace,
    row.actor_kind,
    row.actor_id,
    row.actor_name,
    row.request_id,
    row.action,
    row.resource,
    row.leaf,
    row.root,
  ];
  const maybe = [row.before, row.after, row.reason, row.edges];
  // SQLite keeps whatever type it is given; a number in a text column would read as the same text.
  if (
    !Number.isInteger(row.time) ||
    texts.some((text) => typeof text !== 'string') ||
    maybe.some((text) => text !== null && typeof text !== 'string')
  ) {
    return fault('a column holds a value of another type');
  }
  let leaf: string;
  try {
    leaf = hex(entryLeaf(row));
  } catch {
    return fault('its text is not valid Unicode');
  }
  return leaf === row.leaf
    ? undefined
    : fault(
        'its content does not match its hash: a column of it was changed, or it was moved here from another place',
      );
}

function groupEdges(rows: EdgeRow[]): Map<unknown, EdgeRow[]> {
  const groups = new Map<unknown, EdgeRow[]>();
  for (const row of rows) {
    const group = groups.get(row.seq);
    if (group) group.push(row);
    else groups.set(row.seq, [row]);
  }
  return groups;
}

/** `entry.edges` is covered by the leaf, so it is the truth here. */
function checkEdges(entry: EntryRow, rows: readonly EdgeRow[]): Fault | undefined {
  const told: unknown = entry.edges === null ? [] : JSON.parse(entry.edges);
  if (!Array.isArray(told)) return { what: 'entry', seq: entry.seq, reason: 'its edges are not a list' };
  for (const [n, edge] of told.entries()) {
    const row = rows[n];
    if (row?.n !== n)
      return { what: 'edge', seq: entry.seq, n, reason: 'it is missing, though its entry tells of it' };
    const { from_id: from, to_id: to, relation, workspace } = row;
    if (workspace !== entry.workspace || canonical({ from, to, relation }) !== canonical(edge)) {
      return { what: 'edge', seq: entry.seq, n, reason: 'it says something else than its entry' };
    }
  }
  const extra = rows[told.length];
  return (
    extra && { what: 'edge', seq: entry.seq, n: Number(extra.n), reason: 'its entry tells nothing of it' }
  );
}

async function checkSubtrees(ctx: Ctx, subtrees: ReadonlyMap<number, string[]>): Promise<Fault | undefined> {
  for (const [level, hashes] of subtrees) {
    for (let from = 0; from < hashes.length; from += PAGE) {
      const to = Math.min(from + PAGE, hashes.length);
      const rows = await scanSubtrees(ctx, level, from, to);
      for (let idx = from; idx < to; idx++) {
        const row = rows[idx - from];
        if (row?.idx !== idx || row.hash !== hashes[idx]) {
          return {
            what: 'subtree',
            seq: idx * 2 ** level,
            reason: `the stored root of the ${2 ** level} entries from here on is ${row?.idx === idx ? 'wrong' : 'missing'}`,
          };
        }
      }
    }
  }
  return undefined;
}

function checkHead(
  head: Awaited<ReturnType<typeof selectHead>>,
  peaks: Peaks,
  key: LedgerKey,
): Fault | undefined {
  if (!head) return undefined; // an empty ledger; that no entries are there either, the totals tell
  const fault = (reason: string): Fault => ({ what: 'head', reason });
  if (head.root !== hex(rootOf(peaks))) return fault('its root is not that of the entries');
  if (head.peaks !== packPeaks(peaks)) return fault('its peaks are not those of the entries');
  const opened = key.open(head.checkpoint);
  if ('fault' in opened) return fault(opened.fault);
  if (opened.size !== head.size || opened.root !== head.root)
    return fault('its checkpoint was signed for another tree');
  return undefined;
}

/** Rows that no page could show: past the end, before the start, or with a number that is none. */
async function checkTotals(ctx: Ctx, verified: number, edges: number): Promise<Fault | undefined> {
  const totals = await scanTotals(ctx, verified);
  const size = totals.size ?? 0; // entries may have been appended since; what counts is that all agree at one moment
  const fault = (reason: string): Fault => ({ what: 'table', reason });
  if (
    totals.heads > 1 ||
    (totals.heads === 0 && totals.entries > 0) ||
    (totals.heads === 1 && totals.size === null)
  )
    return fault(
      `there are ${totals.heads} head rows, and the one of this ledger is ${totals.size === null ? 'gone' : 'not alone'}`,
    );
  if (size < verified)
    return fault(`the ledger shrank from ${verified} to ${size} entries while it was read`);
  if (totals.entries !== size)
    return fault(`there are ${totals.entries} entries, but the head counts ${size}`);
  if (totals.edgesBelow !== edges || totals.edgesStray !== 0)
    return fault('there are edges that belong to no entry');
  let expected = 0;
  for (let span = 2 ** TILE; span <= size; span *= 2 ** TILE) expected += Math.floor(size / span);
  if (totals.subtrees !== expected)
    return fault(`there are ${totals.subtrees} stored subtrees where ${expected} belong`);
  return undefined;
}

/** An index that was bent would hide rows from readers, though the table is whole. */
async function checkIndexes(ctx: Ctx): Promise<Fault | undefined> {
  for (const name of ['ledger_entry', 'lineage_edge', 'ledger_subtree', 'ledger_head']) {
    const found = await ctx.dialect.tableFaults(ctx.scan, name);
    if (found.length > 0) return { what: 'table', reason: `${name}: ${found[0]}` };
  }
  return undefined;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const hex = (hash: Uint8Array): string =>
  Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('hex');
