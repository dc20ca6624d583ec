import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { selectEdges } from './store.ts';
import { nounOf } from './told.ts';
import { walk } from './walk.ts';

export interface LineageNode {
  /** `noun:id`. */
  id: string;
  noun: string;
  /** Steps from the node that was asked for: below 0 upstream (what it came from), above 0 downstream. */
  depth: number;
}

export interface LineageArrow {
  from: string;
  to: string;
  relation: string;
  /** The ledger entry that proves it. */
  seq: number;
}

export interface Lineage {
  root: string;
  nodes: LineageNode[];
  edges: LineageArrow[];
  /** There is more than was asked for or may be shown at once. */
  truncated: boolean;
}

/** An arrow as a walk meets it: from the node that it stands at to its far end, whichever way it was told. */
export type MetArrow = LineageArrow & { near: string; end: string };

/** Nodes that one answer holds. */
export const MOST_NODES = 2_000;

/** Walks from a node to what it came from (`up`), what came from it (`down`), or both. */
export async function walkLineage(
  ctx: Ctx,
  root: string,
  { direction = 'both', depth = 10 }: { direction?: 'up' | 'down' | 'both'; depth?: number } = {},
): Promise<Lineage> {
  if (!/^[a-z_]+:./.test(root))
    throw invalid(`'${root}' is not a node of the lineage`, {
      field: 'node',
      hint: "name it as 'noun:id', such as run:0198…",
    });
  const nodes = new Map<string, LineageNode>();
  const met: MetArrow[] = [];
  let truncated = false;
  for (const side of direction === 'both' ? (['up', 'down'] as const) : [direction]) {
    const most = MOST_NODES - Math.max(0, nodes.size - 1);
    const walked = await walk(root, (front) => arrowsAt(ctx, front, side), { depth, most });
    // On a diamond across both sides the nearer place counts.
    for (const [id, steps] of walked.depths)
      if (!nodes.has(id)) nodes.set(id, { id, noun: nounOf(id), depth: side === 'up' ? 0 - steps : steps });
    met.push(...walked.arrows);
    truncated ||= walked.truncated;
  }
  return { root, nodes: [...nodes.values()], edges: onceEach(met), truncated };
}

/** The arrows that lead on from these nodes to what they came from, or to what came from them; oldest first. */
export async function arrowsAt(ctx: Ctx, nodes: readonly string[], side: 'up' | 'down'): Promise<MetArrow[]> {
  const rows = await selectEdges(ctx, nodes, side, MOST_NODES);
  return rows.map(({ from_id: from, to_id: to, relation, seq }) => {
    // `produced` is the one relation that is told from the upper end.
    const along = (side === 'up') !== (relation === 'produced');
    return { from, to, relation, seq, near: along ? from : to, end: along ? to : from };
  });
}

/** The same arrow may be told by several entries; the first is its proof. */
export function onceEach(met: readonly LineageArrow[]): LineageArrow[] {
  const arrows = new Map<string, LineageArrow>();
  for (const { from, to, relation, seq } of met) {
    const key = `${from}\n${relation}\n${to}`;
    const held = arrows.get(key);
    if (!held || held.seq > seq) arrows.set(key, { from, to, relation, seq });
  }
  return [...arrows.values()];
}
