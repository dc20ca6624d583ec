import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { selectEdges, type EdgeRow } from './store.ts';

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

const MOST = 2_000;

/** Walks from a node to what it came from (`up`), what came from it (`down`), or both; breadth first, so the nearest come first. */
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
  const nodes = new Map<string, LineageNode>([[root, { id: root, noun: nounOf(root), depth: 0 }]]);
  const edges = new Map<string, LineageArrow>();
  let truncated = false;
  for (const side of direction === 'both' ? (['up', 'down'] as const) : [direction]) {
    const seen = new Set([root]);
    let frontier = [root];
    for (let step = 1; frontier.length > 0; step++) {
      const rows = await selectEdges(ctx, frontier, side, MOST);
      if (step > depth) {
        truncated ||= rows.some((row) => !seen.has(endOf(row, side)));
        break;
      }
      const next: string[] = [];
      for (const row of rows) {
        const end = endOf(row, side);
        if (!seen.has(end)) {
          if (nodes.size >= MOST) {
            truncated = true;
            continue;
          }
          seen.add(end);
          next.push(end);
          // On a diamond across both sides the nearer place counts.
          if (!nodes.has(end))
            nodes.set(end, { id: end, noun: nounOf(end), depth: side === 'up' ? -step : step });
        }
        // The same arrow may be told by several entries; the first is its proof.
        const arrow = `${row.from_id}\n${row.relation}\n${row.to_id}`;
        const held = edges.get(arrow);
        if (!held || held.seq > row.seq)
          edges.set(arrow, { from: row.from_id, to: row.to_id, relation: row.relation, seq: row.seq });
      }
      frontier = next;
    }
  }
  return { root, nodes: [...nodes.values()], edges: [...edges.values()], truncated };
}

const nounOf = (id: string): string => id.slice(0, id.indexOf(':'));

/** The far end of an edge, walking up or down; `produced` is the one relation that is told from the upper end. */
function endOf(row: EdgeRow, side: 'up' | 'down'): string {
  return (side === 'up') === (row.relation === 'produced') ? row.from_id : row.to_id;
}
