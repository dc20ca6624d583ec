import type { LineageGraph } from '../../../src/ledger/contract.ts';

export interface LineageView {
  /** The nearest first. */
  nodes: { id: string; depth: number }[];
  edges: { from: string; to: string; label: string }[];
  /** Nodes that there are and that are not drawn, files apart. */
  left: number;
  /** Files that are left out. */
  files: number;
}

/** What an edge says when it is read from its other end, as it is drawn. */
const BACK: Record<string, string> = {
  read: 'read by',
  'trained-by': 'trained',
  'derived-from': 'became',
  'registered-from': 'registered as',
  'part-of': 'holds',
  reused: 'reused by',
  repeats: 'repeated by',
  serves: 'served by',
  'judged-by': 'judged',
  restores: 'restored by',
};

/**
 * The ledger's edges as a picture that reads the way the data went: `a read b` is drawn from b to a, `a produced b` from
 * a to b. The bytes of single files are left out unless asked for: what runs hand on is said by the runs. Pure.
 */
export function viewLineage(graph: LineageGraph, options: { files: boolean; most: number }): LineageView {
  const isFile = (id: string) => id.startsWith('blob:') && id !== graph.root;
  const known = options.files ? graph.nodes : graph.nodes.filter(({ id }) => !isFile(id));
  const nodes = known.toSorted((a, b) => Math.abs(a.depth) - Math.abs(b.depth)).slice(0, options.most);
  const drawn = new Set(nodes.map(({ id }) => id));
  const pairs = new Map<string, { from: string; to: string; labels: Set<string> }>();
  for (const { from, to, relation } of graph.edges) {
    if (!drawn.has(from) || !drawn.has(to)) continue;
    const [start, end] = relation === 'produced' ? [from, to] : [to, from];
    const key = `${start} ${end}`;
    const pair = pairs.get(key) ?? { from: start, to: end, labels: new Set<string>() };
    pair.labels.add(relation === 'produced' ? relation : (BACK[relation] ?? `‹ ${relation}`));
    pairs.set(key, pair);
  }
  return {
    nodes: nodes.map(({ id, depth }) => ({ id, depth })),
    edges: [...pairs.values()].map(({ from, to, labels }) => ({ from, to, label: [...labels].join(', ') })),
    left: known.length - nodes.length,
    files: graph.nodes.length - known.length,
  };
}
