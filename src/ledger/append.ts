import type { Ctx, Ledger, LedgerRecord, Tx } from '../platform/ctx/index.ts';
import { invalid, unavailable } from '../platform/errors/index.ts';
import { SEQUENCE } from '../platform/events/index.ts';
import { canonical } from './canonical.ts';
import { entryLeaf, type EntryContent } from './entry.ts';
import type { LedgerKey } from './key.ts';
import { appendLeaf, EMPTY_ROOT, NO_PEAKS, rootOf, type Peaks } from './merkle.ts';
import { packPeaks, unpackPeaks } from './peaks.ts';
import {
  anyEntry,
  insertEdges,
  insertEntry,
  insertHead,
  insertSubtree,
  replaceHead,
  selectHead,
  type HeadRow,
} from './store.ts';

/** Subtrees of these heights are stored for proofs: 2^8, 2^16, 2^24 … leaves. */
export const TILE = 8;
const REMEMBERED = 2_000;

/**
 * Appends within the caller's transaction. Where the tree stands is read from its head row each time: a rollback of the
 * change, or of one savepoint of a group, takes the head back with it. Memory only remembers which checkpoints this
 * process signed, which stays true whatever is rolled back.
 */
export interface Appender extends Ledger {
  /** Throws what an append would: for readiness. */
  requireWritable(ctx: Pick<Ctx, 'db'>): Promise<void>;
}

export function createAppender(key: LedgerKey): Appender {
  const signed = new Set<string>();

  const sign = (size: number, root: Uint8Array): string => {
    const checkpoint = key.sign(size, root);
    signed.add(checkpoint);
    if (signed.size > REMEMBERED) signed.delete(signed.values().next().value!);
    return checkpoint;
  };

  return {
    async requireWritable(ctx) {
      if (!(await standing(ctx, key, signed)) && (await anyEntry(ctx))) throw headless();
    },
    async append(tx, record) {
      const lock = tx.dialect.sequenceLock(SEQUENCE);
      if (lock) await lock.execute(tx.db);
      const peaks = (await standing(tx, key, signed)) ?? (await begin(tx, sign));

      const content = contentOf(tx, record, peaks.size);
      const leaf = entryLeaf(content);
      const { peaks: next, completed } = appendLeaf(peaks, leaf);
      const root = rootOf(next);
      const rootHex = hex(root);
      await insertEntry(tx, { ...content, leaf: hex(leaf), root: rootHex });
      if (record.edges && record.edges.length > 0) await insertEdges(tx, content.seq, record.edges);
      for (const { level, index, hash } of completed) {
        if (level > 0 && level % TILE === 0) await insertSubtree(tx, level, index, hex(hash));
      }
      const head: HeadRow = {
        id: 1,
        size: next.size,
        root: rootHex,
        peaks: packPeaks(next),
        checkpoint: sign(next.size, root),
      };
      if (!(await replaceHead(tx, head)))
        throw new Error('the head of the ledger moved within a transaction that holds its lock');
    },
  };
}

/** The tree as its head row has it, if that row is one that this key signed: a forged head must not be signed over. */
async function standing(
  tx: Pick<Ctx, 'db'>,
  key: LedgerKey,
  signed: ReadonlySet<string>,
): Promise<Peaks | undefined> {
  const head = await selectHead(tx);
  if (!head) return undefined;
  const fault = (what: string) =>
    unavailable(`the ledger cannot be written: ${what}`, {
      code: 'ledger-broken',
      hint: 'nothing was changed. Run treadle ledger verify; put ledger.key or the database back from a backup (servers that share a database share ledger.key)',
    });
  const opened = signed.has(head.checkpoint) ? claims(head.checkpoint) : key.open(head.checkpoint);
  if ('fault' in opened) throw fault(opened.fault);
  const peaks = unpackPeaks(head.size, head.peaks);
  if (!peaks || opened.size !== head.size || opened.root !== head.root || hex(rootOf(peaks)) !== head.root) {
    throw fault('its head row does not match its own checkpoint');
  }
  return peaks;
}

/** Size and root of a checkpoint whose signature is known to be ours. */
function claims(checkpoint: string): { size: number; root: string } {
  const [, size, root = ''] = checkpoint.split('\n');
  return { size: Number(size), root: Buffer.from(root, 'base64').toString('hex') };
}

const headless = (): Error =>
  unavailable('the ledger cannot be written: its head row is gone', {
    code: 'ledger-broken',
    hint: 'put the database back from a backup',
  });

async function begin(tx: Tx, sign: (size: number, root: Uint8Array) => string): Promise<Peaks> {
  if (await anyEntry(tx)) throw headless();
  await insertHead(tx, { id: 1, size: 0, root: hex(EMPTY_ROOT), peaks: '', checkpoint: sign(0, EMPTY_ROOT) });
  return NO_PEAKS;
}

function contentOf(
  tx: Tx,
  { action, resource, before, after, reason, edges }: LedgerRecord,
  seq: number,
): EntryContent {
  for (const [field, text] of Object.entries({ resource, reason, actor: tx.actor.name })) {
    if (text?.includes('\0')) throw invalid(`${field} holds a NUL character`, { field, hint: 'take it out' });
  }
  return {
    seq,
    workspace: tx.workspace,
    time: tx.clock.now(),
    actor_kind: tx.actor.kind,
    actor_id: tx.actor.id,
    // Who a person is stands in a row that can be changed and removed; the ledger cannot.
    actor_name: tx.actor.user ?? (tx.actor.kind === 'user' ? tx.actor.id : tx.actor.name),
    request_id: tx.requestId,
    action,
    resource,
    before: before === undefined ? null : canonical(before, 'before'),
    after: after === undefined ? null : canonical(after, 'after'),
    reason: reason ?? null,
    edges:
      edges === undefined || edges.length === 0
        ? null
        : canonical(
            edges.map(({ from, to, relation }) => ({ from, to, relation })),
            'edges',
          ),
  };
}

const hex = (hash: Uint8Array): string =>
  Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('hex');
