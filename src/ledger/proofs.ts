import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import { TILE } from './append.ts';
import { consistencyProof, inclusionProof, nodeHash, type NodeSource } from './merkle.ts';
import { selectEntry, selectHead, selectNodes, type EntryRow } from './store.ts';

export interface Inclusion {
  entry: EntryRow;
  size: number;
  root: string;
  checkpoint: string;
  /** From the leaf up, hex. */
  path: string[];
}

/** An entry of the workspace, and the hashes that lead from it to the signed root. */
export async function proveEntry(ctx: Ctx, seq: number): Promise<Inclusion> {
  const entry = await selectEntry(ctx, seq);
  const head = entry && (await selectHead(ctx));
  if (!entry || !head || seq >= head.size)
    throw missing(`there is no ledger entry ${seq} in workspace '${ctx.workspace}'`, { field: 'seq' });
  const path = await inclusionProof(storedNodes(ctx), seq, head.size);
  return { entry, size: head.size, root: head.root, checkpoint: head.checkpoint, path: path.map(hex) };
}

/** Shows that nothing was rewritten between two checkpoints: the older tree is the start of the newer. */
export async function proveConsistency(
  ctx: Ctx,
  first: number,
  second: number | undefined,
): Promise<{ first: number; second: number; path: string[] }> {
  const size = (await selectHead(ctx))?.size ?? 0;
  const to = second ?? size;
  if (to > size) throw invalid(`the ledger has ${size} entries, not ${to}`, { field: 'second' });
  if (first > to)
    throw invalid(`a tree of ${first} entries cannot be the start of one of ${to}`, {
      field: 'first',
      hint: 'give the older size first',
    });
  return { first, second: to, path: (await consistencyProof(storedNodes(ctx), first, to)).map(hex) };
}

/** Reads hashes a tile (256 nodes of one stored level) at a time and computes the levels between. */
function storedNodes(ctx: Ctx): NodeSource {
  const tiles = new Map<string, Promise<Map<number, Buffer>>>();
  const node = async (level: number, index: number): Promise<Uint8Array> => {
    if (level % TILE !== 0)
      return nodeHash(await node(level - 1, index * 2), await node(level - 1, index * 2 + 1));
    const tile = Math.floor(index / 256);
    const name = `${level}/${tile}`;
    let read = tiles.get(name);
    if (!read) {
      read = selectNodes(ctx, level, tile * 256, (tile + 1) * 256).then(
        (rows) => new Map(rows.map(({ idx, hash }) => [idx, Buffer.from(hash, 'hex')])),
      );
      tiles.set(name, read);
    }
    const hash = (await read).get(index);
    if (!hash)
      throw new Error(`the ledger has lost the hash of node ${level}/${index}: run treadle ledger verify`);
    return hash;
  };
  return node;
}

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
